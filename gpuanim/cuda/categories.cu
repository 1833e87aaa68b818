// Codes of categories and of their shares, with the numbers of values/category_kernels.py: floats where it
// has floats, in its order.
//
// Macros: VALUE is the type of the values; for shares float or double.

#define PURE 1e-4f  // share of all other categories up to which a point has the very colour of one

// Categories themselves; what is not from 0 to n_levels - 1 is NA, n_levels.
KERNEL categories(
    i64 n, const VALUE* __restrict__ values, const u32* __restrict__ where, i32 all, i32 n_levels, u16* codes
) {
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        VALUE value = values[all ? i : (i64)where[i]];
        bool inside = value >= (VALUE)0 && (double)value < (double)n_levels;
        codes[i] = inside ? (u16)value : (u16)n_levels;
    }
}

// The weight of category c: negative ones count as 0, NaN stays and spoils the total.
__device__ inline float weight_of(VALUE raw) {
    float weight = (float)raw;
    return weight < 0.0f ? 0.0f : weight;
}

__device__ inline bool usable(float total) {
    return total > 0.0f && total < __int_as_float(0x7f800000);
}

// The cell of a channel, 0..1: looked up in one of `bins` bins, and one further beyond the threshold in it.
__device__ inline i32 cell_of(float light, i32 bins, const u8* cells, const float* thresholds) {
    i32 cell = cells[(i64)(light * (float)bins)];
    return cell + (light >= thresholds[cell + 1]);
}

// The cell of the lattice that the mixture of a point's k colours lies in.
KERNEL mixtures(
    i64 n, const VALUE* __restrict__ values, const u32* __restrict__ where, i32 all, i32 k,
    const float* __restrict__ colors, i32 bins, const u8* __restrict__ cells, const float* __restrict__ thresholds,
    i32 greens, const i32* __restrict__ bases, const i32* __restrict__ first, const i32* __restrict__ last,
    i32 n_cells, u16* codes
) {
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        const VALUE* row = values + (all ? i : (i64)where[i]) * k;
        float total = 0.0f, most = 0.0f, red = 0.0f, green = 0.0f, blue = 0.0f;
        i32 winner = 0;
        for (i32 c = 0; c < k; c++) {
            float weight = weight_of(row[c]);
            total += weight;
            red += weight * colors[3 * c];
            green += weight * colors[3 * c + 1];
            blue += weight * colors[3 * c + 2];
            if (weight > most) {
                winner = c;
                most = weight;
            }
        }
        if (!usable(total)) {
            codes[i] = (u16)(n_cells + k);
        } else if (total - most <= PURE * total) {
            codes[i] = (u16)(n_cells + winner);
        } else {
            i32 x = cell_of(fminf(red / total, 1.0f), bins, cells, thresholds);
            i32 y = cell_of(fminf(green / total, 1.0f), bins, cells + (bins + 1), thresholds + 257);
            i32 z = cell_of(fminf(blue / total, 1.0f), bins, cells + 2 * (bins + 1), thresholds + 2 * 257);
            i32 column = x * greens + y;
            codes[i] = (u16)(bases[column] + min(max(z, first[column]), last[column]));
        }
    }
}

// The category of the largest weight, the first of equal ones, and its shade.
KERNEL winners(
    i64 n, const VALUE* __restrict__ values, const u32* __restrict__ where, i32 all, i32 k, float low,
    float steps, i32 n_shades, u16* codes
) {
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        const VALUE* row = values + (all ? i : (i64)where[i]) * k;
        float total = 0.0f, most = 0.0f;
        i32 winner = 0;
        for (i32 c = 0; c < k; c++) {
            float weight = weight_of(row[c]);
            total += weight;
            if (weight > most) {
                winner = c;
                most = weight;
            }
        }
        if (!usable(total)) {
            codes[i] = (u16)(k * n_shades);
            continue;
        }
        float shade = fminf(fmaxf((most / total - low) * steps, 0.0f), (float)(n_shades - 1));
        codes[i] = (u16)(winner * n_shades + (i32)(shade + 0.5f));
    }
}
