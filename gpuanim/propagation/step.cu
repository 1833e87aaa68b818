// One step of a propagation, fused: f = row * (W z) + base and z_next = col * f, with the sums of the
// stopping rule. Rows whose `row` is 0 never change.
//
// Macros: VALUE is float or double. WEIGHT is the type of the weights; without it all of them are 1 and are
// not read. LANES, a power of two up to 32, is how many threads take a row. Row pointers are 64 bits wide, columns 32: two of them make 2^31 non-zeros no limit.
//
// Sums are kept in double, also of floats, and those of the stopping rule in one order: threads of a block
// in a tree, blocks one after the other (`total`). Each launch of as many blocks gives the same bits.
//
// Threads go on to further rows: few blocks, so that their sums are few.

#ifdef WEIGHT
#define ENTRY(p) (double)weights[p] *
#else
#define WEIGHT void
#define ENTRY(p)
#endif

// Store a row's new value, and return what it adds to ||f' - f||^2 and ||f'||^2.
__device__ inline Sums stored(
    i64 i, double sum, double row, const VALUE* base, const double col, VALUE* f, VALUE* z_next
) {
    VALUE value = (VALUE)(row * sum + (double)base[i]);
    double step = (double)value - (double)f[i];
    f[i] = value;
    z_next[i] = (VALUE)(col * (double)value);
    return {step * step, (double)value * (double)value};
}

__device__ inline void add(Sums& sums, Sums more) {
    sums.first += more.first;
    sums.second += more.second;
}

__device__ inline void block_store_sums(Sums own, double* sums) {
    own = block_sums(own);
    if (threadIdx.x == 0) {
        sums[2 * (i64)blockIdx.x] = own.first;
        sums[2 * (i64)blockIdx.x + 1] = own.second;
    }
}

// A thread for each row: for graphs of few neighbours.
KERNEL step_by_threads(
    i64 n, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    Sums own = {0.0, 0.0};
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        double factor = row[i];
        if (factor == 0.0) continue;
        double even = 0.0, odd = 0.0;
        i64 p = indptr[i], end = indptr[i + 1];
        for (; p + 2 <= end; p += 2) {
            even += ENTRY(p) (double)z[indices[p]];
            odd += ENTRY(p + 1) (double)z[indices[p + 1]];
        }
        if (p < end) even += ENTRY(p) (double)z[indices[p]];
        add(own, stored(i, even + odd, factor, base, col[i], f, z_next));
    }
    block_store_sums(own, sums);
}

// LANES threads of a warp for each row: they read neighbours that lie side by side.
KERNEL step_by_warps(
    i64 n, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    Sums own = {0.0, 0.0};
    i64 lane = threadIdx.x % LANES, place = threadIdx.x / LANES, rows = BLOCK / LANES;
    // All threads of a block go round equally often: those of a warp wait for each other.
    for (i64 first = blockIdx.x * rows; first < n; first += gridDim.x * rows) {
        i64 i = first + place;
        double factor = i < n ? row[i] : 0.0, sum = 0.0;
        if (factor != 0.0) {
            i64 end = indptr[i + 1];
#pragma unroll 4
            for (i64 p = indptr[i] + lane; p < end; p += LANES) sum += ENTRY(p) (double)z[indices[p]];
        }
        for (u32 half = LANES / 2; half > 0; half /= 2) sum += __shfl_down_sync(0xffffffffu, sum, half);
        if (factor != 0.0 && lane == 0) add(own, stored(i, sum, factor, base, col[i], f, z_next));
    }
    block_store_sums(own, sums);
}

// Row-major (n, c) values: a thread for each value, so that those of a row are read side by side.
KERNEL step_columns(
    i64 n, i64 c, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    Sums own = {0.0, 0.0};
    for (i64 t = thread_id(); t < n * c; t += all_threads()) {
        i64 i = t / c, k = t - i * c;
        double factor = row[i];
        if (factor == 0.0) continue;
        double sum = 0.0;
        i64 end = indptr[i + 1];
#pragma unroll 4
        for (i64 p = indptr[i]; p < end; p++) sum += ENTRY(p) (double)z[(i64)indices[p] * c + k];
        add(own, stored(t, sum, factor, base, col[i], f, z_next));
    }
    block_store_sums(own, sums);
}

// One block: add up the sums of all blocks, in order.
KERNEL total(i64 blocks, const double* __restrict__ sums, double* out) {
    Sums own = {0.0, 0.0};
    for (i64 b = threadIdx.x; b < blocks; b += BLOCK) add(own, {sums[2 * b], sums[2 * b + 1]});
    own = block_sums(own);
    if (threadIdx.x == 0) {
        out[0] = own.first;
        out[1] = own.second;
    }
}

// out += W^T x, for sums of columns.
KERNEL transposed(
    i64 n, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ x, double* out
) {
    i64 i = thread_id();
    if (i >= n || x[i] == 0.0) return;
    for (i64 p = indptr[i], end = indptr[i + 1]; p < end; p++) atomicAdd(&out[indices[p]], ENTRY(p) x[i]);
}
