// The level of each value by 256 thresholds, of the type of the values.
//
// Macros: VALUE is float or double.

#define LEVELS 256
static_assert(BLOCK == LEVELS, "each thread brings one threshold");

// The number of thresholds that a value reaches, less one; LEVELS for NaN and for values below all of them.
// `where` lists the values that are wanted, `all` says that all are.
KERNEL levels(
    i64 n, const VALUE* __restrict__ values, const u32* __restrict__ where, i32 all,
    const double* __restrict__ thresholds, u16* codes
) {
    __shared__ VALUE edges[LEVELS];
    edges[threadIdx.x] = (VALUE)thresholds[threadIdx.x];
    __syncthreads();
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        VALUE value = values[all ? i : (i64)where[i]];
        i32 low = 0, high = LEVELS;  // `low` thresholds are reached for certain
        while (low < high) {
            i32 middle = (low + high) / 2;
            if (value >= edges[middle]) low = middle + 1; else high = middle;
        }
        codes[i] = value != value || low == 0 ? LEVELS : (u16)(low - 1);
    }
}
