// Fold a tile of products into the statistics of its rows, and where asked leave the exponentials for the next product.
//
// A row of at most COLUMNS columns is read once: its logits stay in registers while the block agrees on their maximum.
// The statistics leave the row's target out, see passes.py.

constexpr bool HAS_ENTROPY = REWARDKIT_ENTROPY;
constexpr bool HAS_SQUARES = REWARDKIT_SQUARES;
constexpr bool HAS_MEAN = REWARDKIT_MEAN;
constexpr bool HAS_BEFORE = REWARDKIT_BEFORE;
constexpr bool HAS_EXPONENTIALS = REWARDKIT_EXPONENTIALS;
using Exponential = REWARDKIT_NUMBER;

// The target's logit goes to its row's statistics, and LOWEST in its place.
// Only the thread that holds it searches its registers, which cannot be indexed at run time.
__device__ inline void set_target_apart(float (&z)[VALUES], int column, float* target_logit) {
  if (column / 4 % BLOCK != int(threadIdx.x)) return;
  const int held = column / (4 * BLOCK) * 4 + column % 4;
#pragma unroll
  for (int i = 0; i < VALUES; ++i) {
    if (i != held) continue;
    *target_logit = z[i];
    z[i] = LOWEST;
  }
}

// The sum of a thread's logits, what lies past the row's end left out.
__device__ inline float thread_sum(const float (&z)[VALUES], int columns) {
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < VALUES; ++i)
    if (inside(0, i, columns)) sum += z[i];
  return sum;
}

extern "C" __global__ void __launch_bounds__(BLOCK, 2) fold(
    const float* tile, long long tile_stride, const float* bias, const long long* targets, long long first_column,
    int columns, float scale, float softcap, float temperature, float* maximum, float* sum_exp, float* target_logit,
    float* sum_exp_times_logit, float* sum_exp_squared, float* sum_logits, float* maximum_before_target,
    Exponential* exponentials, long long exponentials_stride, float* rescale) {
  __shared__ float scratch[WARPS];
  const Transform transform(scale, softcap, temperature);
  const float tanh_per_logit = temperature / softcap;
  const long long row = blockIdx.x;
  const long long target = targets[row] - first_column;
  const bool target_inside = target >= 0 && target < columns;
  const float old_maximum = maximum[row];

  float z[VALUES];
  load_logits(tile + row * tile_stride, bias, 0, columns, transform, z);
  float logits = 0.0f;
  if constexpr (HAS_MEAN) logits = thread_sum(z, columns);
  if (target_inside) set_target_apart(z, int(target), target_logit + row);

  float largest = old_maximum, before = LOWEST;
#pragma unroll
  for (int i = 0; i < VALUES; ++i) {
    largest = fmaxf(largest, z[i]);
    if constexpr (HAS_BEFORE)
      if (column_of(0, i) < target) before = fmaxf(before, z[i]);
  }
  const float new_maximum = block_max(largest, scratch);
  // A row of nothing but its target (and -inf) has no maximum to stand on: 0 makes its exponentials 0.
  const float shift = new_maximum > LOWEST ? new_maximum : 0.0f;

  float exps = 0.0f, times_logit = 0.0f, squares = 0.0f;
#pragma unroll
  for (int i = 0; i < VALUES; ++i) {
    const float below = z[i] - shift;
    const float e = exponential(below);
    exps += e;
    if constexpr (HAS_ENTROPY) times_logit += e * fmaxf(below, LOWEST);
    if constexpr (HAS_SQUARES) squares += e * e;
    if constexpr (HAS_EXPONENTIALS) z[i] = e * slope(z[i], tanh_per_logit);
  }
  if constexpr (HAS_EXPONENTIALS) store_row(exponentials + row * exponentials_stride, 0, columns, z);
  exps = block_sum(exps, scratch);
  if constexpr (HAS_ENTROPY) times_logit = block_sum(times_logit, scratch);
  if constexpr (HAS_SQUARES) squares = block_sum(squares, scratch);
  if constexpr (HAS_MEAN) logits = block_sum(logits, scratch);
  if constexpr (HAS_BEFORE) before = block_max(before, scratch);

  if (threadIdx.x != 0) return;
  // As in passes.py, a row of nothing but its target sums to 1, so that no logarithm or quotient of it is undefined.
  const float alone = new_maximum <= LOWEST && target_inside ? 1.0f : 0.0f;
  const float moved = old_maximum - new_maximum;
  const float shrink = exponential(moved);
  const float old_sum = sum_exp[row];
  maximum[row] = new_maximum;
  sum_exp[row] = old_sum * shrink + (exps + alone);
  if constexpr (HAS_ENTROPY)
    sum_exp_times_logit[row] = (sum_exp_times_logit[row] + moved * old_sum) * shrink + times_logit;
  if constexpr (HAS_SQUARES) sum_exp_squared[row] = sum_exp_squared[row] * shrink * shrink + (squares + alone);
  if constexpr (HAS_MEAN) sum_logits[row] += logits;
  if constexpr (HAS_BEFORE) maximum_before_target[row] = fmaxf(maximum_before_target[row], before);
  if constexpr (HAS_EXPONENTIALS) rescale[row] = shrink;
}
