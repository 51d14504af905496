// Turn a tile of products into the gradient of the loss with respect to them; see LogitGradient in passes.py.
//
// Block (row, piece): columns have nothing in common, so a row is cut into pieces for more blocks.

constexpr bool HAS_ENTROPY = REWARDKIT_ENTROPY;
constexpr int PIECES = 2;
constexpr int HELD = VALUES / PIECES;
using Gradient = REWARDKIT_NUMBER;

extern "C" __global__ void __launch_bounds__(BLOCK) differentiate(
    const float* tile, long long tile_stride, const float* bias, const long long* targets, long long first_column,
    int columns, float scale, float softcap, float temperature, const float* log_z, const float* log_probs,
    const float* target_gradient, const float* entropy, const float* entropy_offset, Gradient* out,
    long long out_stride) {
  const Transform transform(scale, softcap, temperature);
  const float tanh_per_logit = temperature / softcap;
  const float per_product = scale / temperature;
  const long long row = blockIdx.x;
  const long long target = targets[row] - first_column;
  const float row_log_z = log_z[row];
  const float row_log_probs = log_probs[row];
  const float row_target = target_gradient[row];
  const float row_entropy = HAS_ENTROPY ? entropy[row] : 0.0f;
  const float row_offset = HAS_ENTROPY ? entropy_offset[row] : 0.0f;
  const int first = int(blockIdx.y) * (COLUMNS / PIECES);

  float z[HELD];
  load_logits(tile + row * tile_stride, bias, first, columns, transform, z);
#pragma unroll
  for (int i = 0; i < HELD; ++i) {
    const float logit = fmaxf(z[i], LOWEST);  // a logit of -inf has the gradient 0, not 0 * inf
    float weight = row_log_probs;
    if constexpr (HAS_ENTROPY) weight += row_entropy * (logit + row_offset);
    const float gradient = column_of(first, i) == target ? row_target : -exponential(logit - row_log_z) * weight;
    z[i] = gradient * slope(logit, tanh_per_logit) * per_product;
  }
  store_row(out + row * out_stride, first, columns, z);
}
