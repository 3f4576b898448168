"""What is written is read back equal, under one explicit schema, and never half."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import BaseModel

from kgpaths.errors import InputError
from kgpaths.model import Concept, Draft, Edge, Example, Link, Question, Rejection
from kgpaths.records import Journal, arrow_schema, arrow_type, frame, read_jsonl, read_parquet, replacing, write_jsonl, write_parquet
from tests.nouns import draft, example, question, rejection


@pytest.mark.parametrize(("row", "model"), [(example(), Example), (rejection(), Rejection), (draft(), Draft), (question(), Question)])
def test_round_trip_through_both_formats(tmp_path: Path, row: BaseModel, model: type[BaseModel]) -> None:
    bare = [row, row.model_copy(update={"draft": None})] if model is Rejection else [row]
    assert write_jsonl(tmp_path / "rows.jsonl", bare) == len(bare)
    assert list(read_jsonl(tmp_path / "rows.jsonl", model)) == bare
    assert write_parquet(tmp_path / "rows.parquet", bare, model) == len(bare)
    assert list(read_parquet(tmp_path / "rows.parquet", model)) == bare


def test_the_schema_does_not_depend_on_the_rows(tmp_path: Path) -> None:
    write_parquet(tmp_path / "none.parquet", [], Example)
    write_parquet(tmp_path / "one.parquet", [example()], Example)
    assert pq.read_schema(tmp_path / "none.parquet").equals(pq.read_schema(tmp_path / "one.parquet"))
    assert list(read_parquet(tmp_path / "none.parquet", Example)) == []
    both = pa.concat_tables([pq.read_table(tmp_path / "none.parquet"), pq.read_table(tmp_path / "one.parquet")])
    assert both.num_rows == 1


@pytest.mark.parametrize("model", [Concept, Edge, Link, Draft, Example, Rejection])
def test_every_noun_has_a_schema_without_null_types_or_empty_structs(model: type[BaseModel]) -> None:
    def check(kind: pa.DataType) -> None:
        assert not pa.types.is_null(kind)
        if pa.types.is_struct(kind):
            assert kind.num_fields
            for field in kind:
                check(field.type)
        elif pa.types.is_list(kind):
            check(kind.value_type)

    for field in arrow_schema(model):
        check(field.type)


def test_a_type_no_column_holds_losslessly_is_refused() -> None:
    with pytest.raises(TypeError):
        arrow_type(dict[str, str])
    with pytest.raises(TypeError):
        arrow_type(str | int)


def test_one_row_is_one_line_whatever_it_holds(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "rows.jsonl", [example()])
    assert len((tmp_path / "rows.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_bad_row_is_named_by_file_row_and_field(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write_jsonl(file, [question()])
    file.write_text(file.read_text(encoding="utf-8") + '{"id": "q2", "dataset": 7, "text": ""}\n', encoding="utf-8")
    with pytest.raises(InputError) as error:
        list(read_jsonl(file, Question))
    assert str(error.value).startswith(f"{file}, row 2, field dataset: ")


def test_missing_and_foreign_files_are_one_clear_error(tmp_path: Path) -> None:
    for read in (read_jsonl, read_parquet):
        with pytest.raises(InputError, match="no such file"):
            list(read(tmp_path / "none", Question))
    (tmp_path / "text.parquet").write_text("no parquet", encoding="utf-8")
    with pytest.raises(InputError, match="not a Parquet file"):
        list(read_parquet(tmp_path / "text.parquet", Question))
    write_parquet(tmp_path / "questions.parquet", [question()], Question)
    with pytest.raises(InputError, match="columns are not those of Example"):
        list(read_parquet(tmp_path / "questions.parquet", Example))


def test_a_fault_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    write_jsonl(file, [question()])
    before = file.read_bytes()
    with pytest.raises(RuntimeError), replacing(file) as stream:
        stream.write("half")
        raise RuntimeError
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["rows.jsonl"]


def test_a_journal_drops_the_line_a_kill_tore(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(question())
    journal.close()
    with (tmp_path / "journal.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"id": "half')
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(question())
    journal.close()
    assert list(read_jsonl(tmp_path / "journal.jsonl", Question)) == [question(), question()]


def test_a_frame_has_the_nouns_columns() -> None:
    assert frame([example()], Example).columns == list(Example.model_fields)
    assert frame([], Example).height == 0
