"""The cost of ONNX operators: none, by role; work that `onnx_work` measures; or unknown."""

from __future__ import annotations

from edgeface.cost.work import Role

# Operators with multiply–accumulates, measured in `onnx_work` and `onnx_attention`.
COUNTED = frozenset(
    (
        *("Conv", "ConvInteger", "QLinearConv", "ConvTranspose", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul"),
        *("Attention", "Einsum"),
    )
)

_ROLES: dict[Role, str] = {
    "view": "Reshape Flatten Squeeze Unsqueeze Identity Dropout Shape Size",
    "permute": "Transpose SpaceToDepth DepthToSpace",
    "batch_norm": "BatchNormalization",
    "activation": "Relu PRelu LeakyRelu Clip Sigmoid HardSigmoid HardSwish Swish Mish Elu Selu Celu Gelu Tanh Softplus "
    "Softsign ThresholdedRelu Abs Neg Exp Log Sqrt Reciprocal Floor Ceil Round Sign Erf Not Sin Cos Tan Atan IsNaN "
    "IsInf Shrink",
    "elementwise": "Add Sub Mul Div Pow Max Min Mean Sum Mod Where Equal Greater GreaterOrEqual Less LessOrEqual And "
    "Or Xor",
    "join": "Concat",
    "split": "Split Slice Gather GatherElements GatherND",
    "pool": "MaxPool AveragePool LpPool",
    "global_pool": "GlobalAveragePool GlobalMaxPool GlobalLpPool",
    "resize": "Resize Upsample",
    "pad": "Pad",
    "softmax": "Softmax LogSoftmax Hardmax",
    "normalize": "LayerNormalization InstanceNormalization GroupNormalization LpNormalization RMSNormalization LRN "
    "MeanVarianceNormalization",
    "quantize": "QuantizeLinear DequantizeLinear DynamicQuantizeLinear Cast CastLike",
    "reduce": "ReduceMean ReduceSum ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceProd ReduceSumSquare ReduceLogSum "
    "ReduceLogSumExp ArgMax ArgMin CumSum",
    "other": "Constant ConstantOfShape Expand Tile Range TopK NonZero ScatterND ScatterElements EyeLike OneHot Trilu "
    "NonMaxSuppression If Loop Scan",
}
ROLES: dict[str, Role] = {op: role for role, ops in _ROLES.items() for op in ops.split()}

# A constant operand of these is trained if it has more than one number; a single number is part of a formula.
ELEMENTWISE = ("Add", "Sub", "Mul", "Div")
# Constant inputs of these operators are trained: all (None), or those listed.
TRAINED: dict[str, tuple[int, ...] | None] = {
    **dict.fromkeys(("Conv", "ConvTranspose", "Gemm", "MatMul", "Einsum"), None),
    **dict.fromkeys((*ELEMENTWISE, "PRelu"), None),
    **dict.fromkeys(("LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization"), None),
    "BatchNormalization": (1, 2),
    "ConvInteger": (1,),
    "MatMulInteger": (0, 1),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (0, 3),
    "Gather": (0,),
}
STATISTICS: dict[str, tuple[int, ...]] = {"BatchNormalization": (3, 4)}
