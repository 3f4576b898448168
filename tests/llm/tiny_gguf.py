"""A language model of half a megabyte that nobody trained: what a real inference engine can load, and answer gibberish with.

Run as a program, by the interpreter that has ``gguf``: ``python tiny_gguf.py FILE``. A token is a byte, so token counts are counts of
bytes. The weights are integers over a power of two, drawn from a frozen stream: the file has the same bytes on every machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

NAME = "tiny"
SEED = 6
WIDTH, HEADS, INNER, LAYERS = 64, 4, 128, 2
LONGEST = 32_768  # tokens of a conversation

SPECIAL = ("<unk>", "<s>", "</s>")
SPACE = "▁"  # what this kind of tokenizer makes of a space; without a token of its own it would be three bytes
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
TOKENS = len(SPECIAL) + 1 + len(BYTES)
TEMPLATE = """\
{% for message in messages %}
{% if message.role not in ('system', 'user', 'assistant') %}{{ raise_exception('Unexpected role ' + message.role) }}{% endif %}
[{{ message.role }}]
{{ message.content }}
{% endfor %}
{% if add_generation_prompt %}
[assistant]
{% endif %}
"""


def write(path: Path) -> None:
    """Write the model: a Llama of two layers, with a chat template that knows three roles."""
    import gguf

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(NAME)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(LONGEST)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(INNER)
    writer.add_block_count(LAYERS)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary(writer)
    for name, values in weights():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def vocabulary(writer: Any) -> None:
    """Add 256 bytes, a space, three special tokens, and the template that turns a conversation into a prompt."""
    from gguf import TokenType

    writer.add_tokenizer_model("llama")
    writer.add_token_list([*SPECIAL, SPACE, *BYTES])
    writer.add_token_scores([0.0] * TOKENS)
    writer.add_token_types([TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL, TokenType.NORMAL, *[TokenType.BYTE] * len(BYTES)])
    for token, add in enumerate((writer.add_unk_token_id, writer.add_bos_token_id, writer.add_eos_token_id)):
        add(token)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)


def weights() -> list[tuple[str, Any]]:
    """Return the tensors, drawn one after the other."""
    import numpy as np

    stream = np.random.RandomState(SEED)  # unlike default_rng, its stream never changes between releases of numpy

    def drawn(*shape: int) -> Any:
        return (stream.randint(-128, 128, size=shape) / 512).astype(np.float32)

    one = np.ones(WIDTH, dtype=np.float32)
    found = [("token_embd.weight", drawn(TOKENS, WIDTH)), ("output_norm.weight", one), ("output.weight", drawn(TOKENS, WIDTH))]
    for layer in range(LAYERS):
        block = f"blk.{layer}"
        found += [(f"{block}.{name}.weight", drawn(WIDTH, WIDTH)) for name in ("attn_q", "attn_k", "attn_v", "attn_output")]
        found += [(f"{block}.{name}.weight", drawn(INNER, WIDTH)) for name in ("ffn_gate", "ffn_up")]
        found += [(f"{block}.ffn_down.weight", drawn(WIDTH, INNER)), (f"{block}.attn_norm.weight", one), (f"{block}.ffn_norm.weight", one)]
    return found


if __name__ == "__main__":
    write(Path(sys.argv[1]))
