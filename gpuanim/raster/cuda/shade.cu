// Applies the operator to the colours of a frame: each pixel is a weighted sum of words that hold three
// channels (raster/pixels.py), put into bytes as the `cpu` renderer does (raster/kernels/shade.py).
//
// Macros: PTR is the type of the places of fragments: u32, or u64 where there are more than 2^32.

#define ONE_BITS 12
#define FIELD ((1ull << 20) - 1)
#define FIELD4 ((1ull << 22) - 1)
#define HALF (1ull << (ONE_BITS - 1))
#define HALF4 (1ull << (ONE_BITS + 1))

// Row-major pixels: their fragments are `ptr[p] .. ptr[p + 1]`.
struct Operator {
    const PTR* ptr;
    const u32* ids;
    const u16* weights;
    const u64* base;
    const u64* lut;
    const u16* codes;
};

#define OPERATOR                                                                                 \
    const PTR* __restrict__ ptr, const u32* __restrict__ ids, const u16* __restrict__ weights,   \
    const u64* __restrict__ base, const u64* __restrict__ lut, const u16* __restrict__ codes
#define GATHERED Operator{ptr, ids, weights, base, lut, codes}

__device__ inline u64 mixed(const Operator& w, i64 pixel) {
    u64 sum = w.base[pixel];
    for (PTR k = w.ptr[pixel], end = w.ptr[pixel + 1]; k < end; k++) {
        sum += (u64)w.weights[k] * w.lut[w.codes[w.ids[k]]];
    }
    return sum;
}

// A thread for four pixels that share chroma. `cb` and `cr` may be one interleaved plane: `step` is 2 then.
KERNEL to_yuv420(i64 quads, i32 width, OPERATOR, u8* luma, u8* cb, u8* cr, i32 step) {
    i64 q = thread_id();
    if (q >= quads) return;
    Operator w = GATHERED;
    i64 half = width / 2, row = q / half, column = q % half;
    i64 upper = 2 * row * width + 2 * column, lower = upper + width;
    u64 a = mixed(w, upper), b = mixed(w, upper + 1), c = mixed(w, lower), d = mixed(w, lower + 1);
    luma[upper] = (u8)(((a & FIELD) + HALF) >> ONE_BITS);
    luma[upper + 1] = (u8)(((b & FIELD) + HALF) >> ONE_BITS);
    luma[lower] = (u8)(((c & FIELD) + HALF) >> ONE_BITS);
    luma[lower + 1] = (u8)(((d & FIELD) + HALF) >> ONE_BITS);
    u64 total = (a >> 20) + (b >> 20) + (c >> 20) + (d >> 20);
    cb[q * step] = (u8)(((total & FIELD4) + HALF4) >> (ONE_BITS + 2));
    cr[q * step] = (u8)(((total >> 22) + HALF4) >> (ONE_BITS + 2));
}

// Three channels, `pixel_step` bytes from pixel to pixel and `plane_step` from channel to channel.
KERNEL to_channels(i64 pixels, OPERATOR, u8* out, i64 pixel_step, i64 plane_step) {
    i64 p = thread_id();
    if (p >= pixels) return;
    u64 sum = mixed(GATHERED, p);
    out += p * pixel_step;
    out[0] = (u8)(((sum & FIELD) + HALF) >> ONE_BITS);
    out[plane_step] = (u8)((((sum >> 20) & FIELD) + HALF) >> ONE_BITS);
    out[2 * plane_step] = (u8)(((sum >> 42) + HALF) >> ONE_BITS);
}

// Straight alpha: `solid` is the weight of what is there at all.
KERNEL to_rgba(i64 pixels, OPERATOR, const u16* __restrict__ solid, u8* out) {
    i64 p = thread_id();
    if (p >= pixels) return;
    u64 sum = mixed(GATHERED, p), share = solid[p];
    u64 divisor = share ? share : 1, half = divisor >> 1;
    out += 4 * p;
    out[0] = (u8)(((sum & FIELD) + half) / divisor);
    out[1] = (u8)((((sum >> 20) & FIELD) + half) / divisor);
    out[2] = (u8)(((sum >> 42) + half) / divisor);
    out[3] = (u8)((share * 255 + HALF) >> ONE_BITS);
}

// Rows of a palette: the first fragment's, or the background's.
KERNEL to_index(i64 pixels, OPERATOR, u8* out) {
    i64 p = thread_id();
    if (p >= pixels) return;
    PTR k = ptr[p];
    out[p] = (u8)(k < ptr[p + 1] ? lut[codes[ids[k]]] : base[p]);
}
