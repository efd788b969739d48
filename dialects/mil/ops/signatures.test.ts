/**
 * The signatures of MIL ops beside those of coremltools 9.0 (`converters/mil/mil/ops/defs`): names of inputs, which may be left out
 * (`?`), and the opsets that brought ops and inputs (`@`) or took inputs away again (`-`). `boxes`, which took the place of `roi`, may be left out here.
 */
import { describe, expect, test } from "vitest";
import { milComputeOps, signatureOf } from "../index.ts";

const table = `
abs x
acos x
add x y
affine x transform_matrix output_height output_width sampling_mode padding_mode padding_value coordinates_mode align_corners
argsort x axis? ascending?
asin x
atan x
atanh x
avg_pool exclude_padding_from_average? x kernel_sizes strides? pad_type pad? ceil_mode?
band_part x lower? upper?
batch_norm x mean variance gamma? beta? epsilon?
batch_to_space x block_shape crops
cast x dtype
ceil x
clamped_relu x alpha beta
classify probabilities classes
clip x alpha beta
concat values axis interleave?
cond pred
constexpr_affine_dequantize@ios16 quantized_data zero_point scale axis
constexpr_blockwise_shift_scale@ios18 data scale offset?
constexpr_cast@ios16 source_val output_dtype
constexpr_lut_to_dense@ios16 indices lut shape-ios18 vector_axis?@ios18
constexpr_lut_to_sparse@ios18 indices_mask indices_nonzero_data lut vector_axis?
constexpr_sparse_blockwise_shift_scale@ios18 data_mask nonzero_data scale offset?
constexpr_sparse_to_dense@ios16 nonzero_data mask shape-ios18
conv x weight bias? strides? pad_type? pad? dilations? groups?
conv_quantized x weight bias? quantization_type nbits? quant_scale quant_bias strides? pad_type? pad? dilations? groups?
conv_transpose x weight bias? pad? output_shape? pad_type? strides? dilations? groups?
cos x
cosh x
crop x crop_height crop_width
crop_resize x roi-ios17 target_height? target_width? normalized_coordinates? spatial_scale? box_coordinate_mode? sampling_mode? pad_value?@ios16 boxes?@ios17 box_indices?@ios17
cumsum x axis? exclusive? reverse?
depth_to_space x block_size
dequantize@ios17 input zero_point? scale axis?
einsum values equation
elu x alpha
equal x y
erf x
exp x
exp2 x
expand_dims x axes
fill shape value?
fill_like@ios16 ref_tensor value?
flatten2d x axis?
floor x
floor_div x y
gather x indices axis? batch_dims?@ios16 validate_indices?@ios17
gather_along_axis x indices axis? validate_indices?@ios17
gather_nd x indices batch_dims?@ios16 validate_indices?@ios17
gelu x mode?
greater x y
greater_equal x y
gru x initial_h weight_ih weight_hh bias? direction? output_sequence? recurrent_activation? activation? reset_after?@ios18 input_bias?@ios18
identity x
instance_norm x gamma? beta? epsilon?
inverse x epsilon?
l2_norm x epsilon?
l2_pool x kernel_sizes strides? pad_type pad? ceil_mode?
layer_norm x axes? gamma? beta? epsilon?
leaky_relu x alpha
less x y
less_equal x y
linear x weight bias?
linear_activation x alpha beta
list_gather ls indices
list_length ls
list_read ls index
list_scatter ls indices value
list_write ls index value
local_response_norm x size alpha? beta? k?
log x epsilon?
logical_and x y
logical_not x
logical_or x y
logical_xor x y
lstm x initial_h initial_c weight_ih weight_hh bias? peephole? weight_ih_back? weight_hh_back? bias_back? peephole_back? direction? output_sequence? recurrent_activation? cell_activation? activation? clip?
make_list init_length? dynamic_length? elem_shape dtype?
matmul x y transpose_x? transpose_y?
max_pool x kernel_sizes strides? pad_type pad? ceil_mode?
maximum x y
minimum x y
mod x y
mul x y
non_maximum_suppression boxes scores iou_threshold score_threshold-ios17 max_boxes per_class_suppression?
non_zero x
not_equal x y
one_hot indices one_hot_vector_size axis? on_value? off_value?
pad x pad mode? constant_val?
pixel_shuffle x upscale_factor
pixel_unshuffle@ios16 x downscale_factor
pow x y
prelu x alpha
quantize@ios17 input zero_point? scale axis? output_dtype
random_bernoulli shape prob? seed?
random_categorical x mode? size? seed?
random_normal shape mean? stddev? seed?
random_uniform shape low? high? seed?
range_1d end start step
read_state@ios18 input
real_div x y
reduce_argmax x axis? keep_dims? output_dtype?@ios17
reduce_argmin x axis? keep_dims? output_dtype?@ios17
reduce_l1_norm x axes? keep_dims?
reduce_l2_norm x axes? keep_dims?
reduce_log_sum x axes? keep_dims?
reduce_log_sum_exp x axes? keep_dims?
reduce_max x axes? keep_dims?
reduce_mean x axes? keep_dims?
reduce_min x axes? keep_dims?
reduce_prod x axes? keep_dims?
reduce_sum x axes? keep_dims?
reduce_sum_square x axes? keep_dims?
relu x
relu6 x
resample x coordinates sampling_mode padding_mode padding_value coordinates_mode align_corners
reshape x shape
reshape_like@ios16 x ref_tensors begins ends end_masks
resize@ios17 x shape resized_dims interpolation_mode? sampling_mode?
resize_bilinear x target_size_height? target_size_width? sampling_mode?
resize_nearest_neighbor x target_size_height target_size_width
reverse x axes?
reverse_sequence x lengths seq_axis? batch_axis?
rnn x initial_h weight_ih weight_hh bias? direction? output_sequence? activation?
round x
rsqrt x epsilon?
scaled_dot_product_attention@ios18 query key value attn_mask?
scaled_tanh x alpha beta
scatter data indices updates axis? mode? validate_indices?@ios17
scatter_along_axis data indices updates axis? mode? validate_indices?@ios17
scatter_nd data indices updates mode? validate_indices?@ios17
select cond a b
shape x
sigmoid x
sigmoid_hard x alpha beta
sign x
silu x
sin x
sinh x
slice_by_index x begin end stride? begin_mask? end_mask? squeeze_mask?
slice_by_size x begin size
slice_update@ios18 x update begin end stride? begin_mask? end_mask? squeeze_mask?
sliding_windows x axis size stride?
softmax x axis?
softplus x
softplus_parametric x alpha beta
softsign x
space_to_batch x block_shape paddings
space_to_depth x block_size
split x num_splits? split_sizes? axis
sqrt x
square x
squeeze x axes?
stack values axis
sub x y
tan x
tanh x
threshold x alpha
thresholded_relu x alpha
tile x reps
topk x k? axis? ascending? sort?@ios16 return_indices?@ios16 output_indices_dtype?@ios17
transpose x perm
upsample_bilinear x scale_factor_height? scale_factor_width? align_corners? half_pixel_centers?@ios16
upsample_nearest_neighbor x scale_factor_height? scale_factor_width?
while_loop loop_vars
`;

interface Row {
  readonly since: string;
  readonly inputs: readonly string[];
}

const rows = new Map(
  table
    .trim()
    .split("\n")
    .map((line): [string, Row] => {
      const [head = "", ...inputs] = line.split(" ");
      const [name = "", since = "ios15"] = head.split("@");
      // What a later opset has no more may be left out there.
      return [name, { since, inputs: inputs.map((input) => input.replace(/-.*/, "?")).sort() }];
    }),
);

/** Ops that coremltools has not: states are written by Apple's compiler, the functions are in the engine's list (aneforge.md 3.3). */
const others = ["acosh", "asinh", "coreml_update_state", "write_state"];

describe("signatures are those of coremltools", () => {
  test.each(milComputeOps.map((definition) => signatureOf(definition)!).map((each) => [each.mnemonic, each] as const))(
    "%s",
    (mnemonic, { since, inputs, inputsSince }) => {
      const row = rows.get(mnemonic);
      if (row === undefined) {
        expect(others).toContain(mnemonic);
        return;
      }
      const written = [...inputs].map(([name, { arity }]) => {
        const brought = inputsSince[name];
        const mayLack = arity === "optional" || arity === "default";
        return `${name}${mayLack ? "?" : ""}${brought === undefined ? "" : `@${brought}`}`;
      });
      expect(written.sort()).toEqual(row.inputs);
      expect(since).toBe(row.since);
    },
  );
});
