// Builds the compositing operator: which points show in which pixel, and with what weight.
//
// The picture is that of the `cpu` renderer (raster/kernels/build.py), number by number: floats where it has
// floats, doubles where it has doubles. Its loops over points from front to back become lists for each pixel,
// sorted by the order of drawing, that one thread goes through.
//
// Macros: ANTIALIAS is 1 for exact coverage of pixels by discs; TABLED is 1 where all discs share a radius
// and their coverage is read from a table.

#define CUT (1.0f / 512.0f)  // transmittance below which nothing behind can be seen
#define SAMPLES 64           // entries of the table for each pixel

// Points in draw order. A stride is 0 where all have the first radius, or the first opacity.
struct Points {
    const float *x, *y, *radius, *opacity;
    i32 radius_stride, opacity_stride;
    const float* cover;
    i32 side;
};

#define POINTS                                                                                       \
    const float *x, const float *y, const float *radius, i32 radius_stride, const float *opacity,    \
    i32 opacity_stride, const float *cover, i32 side
#define GATHERED Points{x, y, radius, opacity, radius_stride, opacity_stride, cover, side}

// Area of the disc of radius r around 0 within [0, x] x [0, y]; odd in x and in y.
__device__ inline double corner_area(double x, double y, float r) {
    double sign = 1.0, rr = (double)(r * r);
    if (x < 0.0) { x = -x; sign = -sign; }
    if (y < 0.0) { y = -y; sign = -sign; }
    x = fmin(x, (double)r);
    y = fmin(y, (double)r);
    if (x * x + y * y <= rr) return sign * x * y;
    double left = sqrt(fmax(0.0, rr - y * y));
    double arc = 0.5 * (x * sqrt(fmax(0.0, rr - x * x)) - left * y
                        + rr * (asin(x / (double)r) - asin(fmin(1.0, left / (double)r))));
    return sign * (left * y + arc);
}

// Share of the unit pixel centred at (dx, dy) that the disc of radius r around 0 covers.
__device__ inline double exact_cover(float dx32, float dy32, float r) {
    double dx = fabs((double)dx32), dy = fabs((double)dy32), rr = (double)(r * r);
    if ((dx + 0.5) * (dx + 0.5) + (dy + 0.5) * (dy + 0.5) <= rr) return 1.0;
    double near_x = fmax(0.0, dx - 0.5), near_y = fmax(0.0, dy - 0.5);
    if (near_x * near_x + near_y * near_y >= rr) return 0.0;
    double area = corner_area(dx + 0.5, dy + 0.5, r) - corner_area(dx - 0.5, dy + 0.5, r)
                - corner_area(dx + 0.5, dy - 0.5, r) + corner_area(dx - 0.5, dy - 0.5, r);
    return fmin(1.0, fmax(0.0, area));
}

// Opacity times coverage of point i in a pixel; negative where it does not touch it.
__device__ inline double share_of(const Points& p, i64 i, i32 row, i32 column) {
    float px = p.x[i], py = p.y[i], r = p.radius[i * p.radius_stride];
    float opaque = p.opacity[i * p.opacity_stride];
    float dx = fabsf((float)column + 0.5f - px), dy = fabsf((float)row + 0.5f - py);
#if ANTIALIAS
#if TABLED
    double u = (double)dx * SAMPLES, v = (double)dy * SAMPLES;
    i64 iu = (i64)u, iv = (i64)v;
    if (iu + 1 >= p.side || iv + 1 >= p.side) return -1.0;
    double fu = u - (double)(float)iu, fv = v - (double)(float)iv;
    const float* at = p.cover + iu * p.side + iv;
    double near = (double)at[0] + fv * (double)(at[1] - at[0]);
    double far = (double)at[p.side] + fv * (double)(at[p.side + 1] - at[p.side]);
    double covered = near + fu * (far - near);
#else
    double covered = (double)(float)exact_cover(dx, dy, r);
#endif
    return covered <= 0.0 ? -1.0 : covered * (double)opaque;
#else
    bool own = row == (i32)floorf(py) && column == (i32)floorf(px);
    return dx * dx + dy * dy <= r * r || own ? (double)opaque : -1.0;
#endif
}

// The pixels that a disc may touch, within a clip: left, top, right, bottom, the last two excluded.
struct Box { i32 left, top, right, bottom; };

__device__ inline Box box_of(const Points& p, i64 i, Box clip) {
    float r = p.radius[i * p.radius_stride];
    return {max((i32)floorf(p.x[i] - r), clip.left), max((i32)floorf(p.y[i] - r), clip.top),
            min((i32)floorf(p.x[i] + r), clip.right - 1) + 1, min((i32)floorf(p.y[i] + r), clip.bottom - 1) + 1};
}

#define EACH_PIXEL(row, column)                             \
    for (i32 row = box.top; row < box.bottom; row++)        \
        for (i32 column = box.left; column < box.right; column++)

// counts[pixel] += the points that touch it. Rows and pixels are those of the frame.
KERNEL count(i64 n, POINTS, i32 left, i32 top, i32 right, i32 bottom, i32 width, u32* counts) {
    i64 i = thread_id();
    if (i >= n) return;
    Points points = GATHERED;
    Box box = box_of(points, i, {left, top, right, bottom});
    EACH_PIXEL(row, column) {
        if (share_of(points, i, row, column) >= 0.0) atomicAdd(&counts[(i64)row * width + column], 1u);
    }
}

// List what touches the rows from `first` on: pixel << 32 | its place from the top of the drawing. `cursors`
// are where the lists of the pixels begin, and are moved to their ends.
KERNEL list(
    i64 n, POINTS, i32 left, i32 top, i32 right, i32 bottom, i32 width, i32 first, u64* cursors, u64* keys
) {
    i64 i = thread_id();
    if (i >= n) return;
    Points points = GATHERED;
    Box box = box_of(points, i, {left, top, right, bottom});
    EACH_PIXEL(row, column) {
        if (share_of(points, i, row, column) < 0.0) continue;
        i64 pixel = (i64)(row - first) * width + column;
        keys[atomicAdd(&cursors[pixel], 1ull)] = (u64)pixel << 32 | (u64)(n - 1 - i);
    }
}

// Go through the list of each pixel from front to back, and turn what is let through into whole weights that sum
// to `one` with those of the background and of what lies above. Keys are sorted; fragments take the place of keys.
KERNEL weigh(
    i64 pixels, i64 n, POINTS, i32 first, i32 width, const u64* ptr, const u64* keys, const u32* ids, u32 one,
    const u16* over, float* lights, u32* found, u16* weights, u32* kept, u16* rest, u8* seen
) {
    i64 pixel = thread_id();
    if (pixel >= pixels) return;
    Points points = GATHERED;
    i32 row = first + (i32)(pixel / width), column = (i32)(pixel % width);
    i64 start = (i64)ptr[pixel], stop = (i64)ptr[pixel + 1], end = start;
    float light = 1.0f;
    for (i64 k = start; k < stop && !(light < CUT); k++) {
        i64 i = n - 1 - (i64)(keys[k] & 0xffffffffull);
        double left = (double)light * (1.0 - share_of(points, i, row, column));
        if (left < (double)CUT) left = 0.0;
        light = lights[end] = (float)left;
        found[end++] = (u32)i;
    }
    i64 whole = (i64)one - over[pixel], given = 0, out = start;
    for (i64 k = start; k < end; k++) {
        i64 upto = (i64)((1.0 - (double)lights[k]) * (double)whole + 0.5);
        if (upto <= given) continue;
        u32 id = ids[found[k]];
        found[out] = id;
        weights[out++] = (u16)(upto - given);
        seen[id] = 1;
        given = upto;
    }
    kept[pixel] = (u32)(out - start);
    rest[pixel] = (u16)(whole - given);
}

// Of opaque points with hard edges a pixel shows the one that was drawn last: 1 + its place, 0 for none.
KERNEL topmost(i64 n, POINTS, i32 left, i32 top, i32 right, i32 bottom, i32 width, u32* tops) {
    i64 i = thread_id();
    if (i >= n) return;
    Points points = GATHERED;
    Box box = box_of(points, i, {left, top, right, bottom});
    EACH_PIXEL(row, column) {
        if (share_of(points, i, row, column) >= 0.0) atomicMax(&tops[(i64)row * width + column], (u32)(i + 1));
    }
}

KERNEL weigh_topmost(
    i64 pixels, const u32* tops, const u32* ids, u32 one, const u16* over, u32* found, u16* weights,
    u32* kept, u16* rest, u8* seen
) {
    i64 pixel = thread_id();
    if (pixel >= pixels) return;
    u16 whole = (u16)(one - over[pixel]);
    bool any = tops[pixel] != 0 && whole != 0;
    if (any) {
        u32 id = ids[tops[pixel] - 1];
        found[pixel] = id;
        weights[pixel] = whole;
        seen[id] = 1;
    }
    kept[pixel] = any;
    rest[pixel] = any ? 0 : whole;
}

// Bring the fragments of a band together, `begins` being where those of a pixel are, and `ptr` where they go.
KERNEL pack(
    i64 pixels, const u64* begins, const u64* ptr, const u32* found, const u16* weights, const u32* place,
    u32* out_ids, u16* out_weights
) {
    i64 pixel = thread_id();
    if (pixel >= pixels) return;
    i64 from = (i64)begins[pixel];
    for (i64 k = (i64)ptr[pixel]; k < (i64)ptr[pixel + 1]; k++, from++) {
        out_ids[k] = place[found[from]];
        out_weights[k] = weights[from];
    }
}
