// One step of a propagation, fused: f = row * (W z) + base and z_next = col * f, with the sums of the
// stopping rule. Rows whose `row` is 0 never change.
//
// Macros: VALUE is float or double. WEIGHT is the type of the weights; without it all of them are 1 and are
// not read. Row pointers are 64 bits wide, columns 32: two of them make 2^31 non-zeros no limit.
//
// Sums are kept in double, also of floats, and those of the stopping rule in one order: threads of a block
// in a tree, blocks one after the other (`total`). Each launch gives the same bits.

#ifdef WEIGHT
#define ENTRY(p) (double)weights[p] *
#else
#define WEIGHT void
#define ENTRY(p)
#endif

struct Change {
    double step, norm;
};

// Store a row's new value, and return what it adds to ||f' - f||^2 and ||f'||^2.
__device__ inline Change stored(
    i64 i, double sum, double row, const VALUE* base, const double col, VALUE* f, VALUE* z_next
) {
    VALUE value = (VALUE)(row * sum + (double)base[i]);
    double step = (double)value - (double)f[i];
    f[i] = value;
    z_next[i] = (VALUE)(col * (double)value);
    return {step * step, (double)value * (double)value};
}

__device__ inline void block_store_sums(Change change, double* sums) {
    double step = block_sum(change.step);
    double norm = block_sum(change.norm);
    if (threadIdx.x == 0) {
        sums[2 * (i64)blockIdx.x] = step;
        sums[2 * (i64)blockIdx.x + 1] = norm;
    }
}

// A thread for each row: for graphs of few neighbours.
KERNEL step_by_threads(
    i64 n, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    i64 i = thread_id();
    Change change = {0.0, 0.0};
    if (i < n && row[i] != 0.0) {
        double even = 0.0, odd = 0.0;
        i64 p = indptr[i], end = indptr[i + 1];
        for (; p + 2 <= end; p += 2) {
            even += ENTRY(p) (double)z[indices[p]];
            odd += ENTRY(p + 1) (double)z[indices[p + 1]];
        }
        if (p < end) even += ENTRY(p) (double)z[indices[p]];
        change = stored(i, even + odd, row[i], base, col[i], f, z_next);
    }
    block_store_sums(change, sums);
}

// A warp for each row: its threads read neighbours that lie side by side.
KERNEL step_by_warps(
    i64 n, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    i64 i = thread_id() / 32;
    i64 lane = threadIdx.x % 32;
    Change change = {0.0, 0.0};
    double sum = 0.0;
    bool moves = i < n && row[i] != 0.0;
    if (moves) {
        i64 end = indptr[i + 1];
        for (i64 p = indptr[i] + lane; p < end; p += 32) sum += ENTRY(p) (double)z[indices[p]];
    }
    for (u32 half = 16; half > 0; half /= 2) sum += __shfl_down_sync(0xffffffffu, sum, half);
    if (moves && lane == 0) change = stored(i, sum, row[i], base, col[i], f, z_next);
    block_store_sums(change, sums);
}

// Row-major (n, c) values: a thread for each value, so that those of a row are read side by side.
KERNEL step_columns(
    i64 n, i64 c, const i64* __restrict__ indptr, const u32* __restrict__ indices, const WEIGHT* __restrict__ weights,
    const double* __restrict__ row, const VALUE* __restrict__ z, const VALUE* __restrict__ base,
    const double* __restrict__ col, VALUE* f, VALUE* z_next, double* sums
) {
    i64 t = thread_id();
    i64 i = t / c, k = t % c;
    Change change = {0.0, 0.0};
    if (i < n && row[i] != 0.0) {
        double sum = 0.0;
        for (i64 p = indptr[i], end = indptr[i + 1]; p < end; p++) {
            sum += ENTRY(p) (double)z[(i64)indices[p] * c + k];
        }
        change = stored(t, sum, row[i], base, col[i], f, z_next);
    }
    block_store_sums(change, sums);
}

// Add up the sums of all blocks, each thread those of its own part, in order.
KERNEL total(i64 blocks, const double* sums, double* out) {
    double step = 0.0, norm = 0.0;
    i64 each = (blocks + BLOCK - 1) / BLOCK, first = each * threadIdx.x;
    i64 end = first + each < blocks ? first + each : blocks;
    for (i64 b = first; b < end; b++) {
        step += sums[2 * b];
        norm += sums[2 * b + 1];
    }
    step = block_sum(step);
    norm = block_sum(norm);
    if (threadIdx.x == 0) {
        out[0] = step;
        out[1] = norm;
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
