"""What this package offers: formats of exported networks; imports no torch."""

from __future__ import annotations

from monas_core.catalog.hookspecs import hookimpl
from monas_core.catalog.specs import Spec


@hookimpl
def monas_formats() -> list[Spec]:
    return [
        Spec(
            name="pt2",
            summary="A program of torch.export, run with nothing but torch.",
            factory="monas_formats.pt2:TorchExport",
        ),
        Spec(
            name="onnx",
            summary="An ONNX model, checked and timed in onnxruntime.",
            factory="monas_formats.onnx_file:Onnx",
            options="monas_core.profiling.onnx_model:OnnxOptions",
            extras=dict.fromkeys(("onnx", "onnxruntime", "onnxscript"), "monas[onnx]"),
        ),
        Spec(
            name="safetensors",
            summary="A folder with weights, config.json and a plain model.py.",
            factory="monas_formats.standalone:Standalone",
        ),
        Spec(
            name="hf",
            summary="A folder that a stock class of the package transformers loads.",
            factory="monas_formats.huggingface:HuggingFace",
            extras={"transformers": "monas[hf]"},
        ),
        Spec(
            name="gguf",
            summary="A file that llama.cpp loads, with the tokenizer; Llama, Qwen and GPT-2.",
            factory="monas_formats.gguf_file:Gguf",
            extras={"gguf": "monas[gguf]"},
        ),
    ]
