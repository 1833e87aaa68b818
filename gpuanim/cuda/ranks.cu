// The 255 values at which the level of a rank rises: exact, ties included, without
// a sort, and without the host.
//
// A value's key is its bits, as an unsigned number in the order of the values. The ranks that are asked for are
// found digit by digit, as a radix sort would: the first digit has 16 bits, the others 8. Of those, only values
// are counted whose digits so far are those of a wanted rank; there are at most 255 such beginnings ("slots").
//
// Macros: VALUE is float or double; STRETCH is 1 to give the lowest value the first level and the highest the
// last.

#define LEVELS 256
#define WANTED 255
#define FIRST 65536
#define INFINITE __longlong_as_double(0x7ff0000000000000)
#define NOTHING __longlong_as_double(0x7ff8000000000000)

#if VALUE_BITS == 32
typedef u32 Bits;
__device__ inline Bits bits_of(float value) { return __float_as_uint(value); }
__device__ inline float float_of(Bits bits) { return __uint_as_float(bits); }
#else
typedef u64 Bits;
__device__ inline Bits bits_of(double value) { return (Bits)__double_as_longlong(value); }
__device__ inline double float_of(Bits bits) { return __longlong_as_double((i64)bits); }
#endif
#define SIGN ((Bits)1 << (VALUE_BITS - 1))
#define DIGITS ((VALUE_BITS - 16) / 8)

__device__ inline Bits key_of(VALUE value) {
    Bits bits = bits_of(value + (VALUE)0);  // -0 becomes 0
    return bits & SIGN ? ~bits : bits | SIGN;
}

__device__ inline VALUE value_of(Bits key) {
    return float_of(key & SIGN ? key & ~SIGN : ~key);
}

__device__ inline u32 digit_of(Bits key, i32 digit) {
    return (u32)(key >> (VALUE_BITS - 24 - 8 * digit)) & 255;
}

// What is known of the wanted ranks; one for the film, filled anew for each frame.
struct Found {
    i64 needs[WANTED];  // twice the rank that a level needs
    i64 ranks[WANTED];  // that of the value that may have it, from 1
    i64 less[WANTED];   // values below it
    i64 equal[WANTED];  // values like it
    u64 keys[WANTED];   // its digits so far
    u32 slots[WANTED];  // the number of this beginning, from 1
    i64 n;              // values that are not NaN
};

// Add 1 to counts[bin] for each thread of a warp that wants it; all of its threads call this. Early in a
// propagation most values are alike: one addition for those of a warp, or they would queue for one word.
__device__ inline void warp_count(u32* counts, u32 bin, bool wants) {
    u32 who = __match_any_sync(0xffffffffu, wants ? bin : 0xffffffffu);
    if (wants && (who & ((1u << threadIdx.x % 32) - 1)) == 0) atomicAdd(&counts[bin], (u32)__popc(who));
}

// Zero before: `counts` (65,536), `found`. `lowest` holds all ones before.
KERNEL count_first(i64 n, const VALUE* __restrict__ values, u32* counts, u64* lowest, u64* highest) {
    u64 low = ~0ull, high = 0;
    i64 zeros = 0;  // far from the seeds values are 0: they are counted without memory
    const Bits zero = key_of((VALUE)0);
    for (i64 first = thread_id() - threadIdx.x; first < n; first += all_threads()) {
        i64 i = first + threadIdx.x;
        VALUE value = i < n ? values[i] : (VALUE)NOTHING;
        bool counts_at_all = value == value;
        Bits key = key_of(value);
        bool is_zero = counts_at_all && key == zero;
        zeros += is_zero;
        warp_count(counts, (u32)(key >> (VALUE_BITS - 16)), counts_at_all && !is_zero);
        if (counts_at_all && (u64)key < low) low = (u64)key;
        if (counts_at_all && (u64)key > high) high = (u64)key;
    }
#if STRETCH
    if (low < *lowest) atomicMin(lowest, low);
    if (high > *highest) atomicMax(highest, high);
#endif
    if (zeros) atomicAdd(&counts[(u32)(zero >> (VALUE_BITS - 16))], (u32)zeros);
}

// How many values are like the lowest and the highest.
KERNEL count_ends(
    i64 n, const VALUE* __restrict__ values, const u64* lowest, const u64* highest, u64* ends
) {
    u64 low = 0, high = 0;
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        VALUE value = values[i];
        u64 key = (u64)key_of(value);
        low += value == value && key == *lowest;
        high += value == value && key == *highest;
    }
    if (low) atomicAdd(&ends[0], low);
    if (high) atomicAdd(&ends[1], high);
}

__device__ inline i64 ceil_div(i64 a, i64 b) { return (a + b - 1) / b; }

// Number the different beginnings; `children[beginning]` is set to the number. By one thread.
__device__ inline void number_slots(Found* found, u8* children, i32 shift, u32 mask) {
    u32 slot = 0;
    for (i32 l = 0; l < WANTED; l++) {
        if (l == 0 || found->keys[l] != found->keys[l - 1]) slot++;
        u32 parent = shift ? found->slots[l] << 8 : 0;
        children[parent | ((u32)found->keys[l] & mask)] = (u8)slot;
    }
    slot = 0;
    for (i32 l = 0; l < WANTED; l++) {
        if (l == 0 || found->keys[l] != found->keys[l - 1]) slot++;
        found->slots[l] = slot;
    }
}

// One block: which ranks are wanted, and their first digits. `counts` become sums of all up to each.
KERNEL block_choose_first(u32* counts, const u64* ends, Found* found, u8* children) {
    __shared__ u64 parts[BLOCK];
    u32 t = threadIdx.x, each = FIRST / BLOCK;
    u64 sum = 0;
    for (u32 i = t * each; i < (t + 1) * each; i++) sum += counts[i];
    parts[t] = sum;
    __syncthreads();
    if (t == 0) {
        u64 running = 0;
        for (u32 i = 0; i < BLOCK; i++) {
            u64 own = parts[i];
            parts[i] = running;
            running += own;
        }
        found->n = (i64)running;
    }
    __syncthreads();
    u32 running = (u32)parts[t];
    for (u32 i = t * each; i < (t + 1) * each; i++) counts[i] = running += counts[i];
    __syncthreads();
    i64 n = found->n;
    if (t < WANTED && n > 0) {
        i64 level = t + 1;
#if STRETCH
        i64 n_low = (i64)ends[0], n_high = (i64)ends[1], span = 2 * n - n_high - n_low;
        found->needs[t] = span ? n_low + ceil_div(level * span, LEVELS) : 2 * n;
#else
        found->needs[t] = ceil_div(level * n, LEVELS / 2);
#endif
        i64 rank = min(found->needs[t] / 2 + 1, n);
        u32 low = 0, high = FIRST - 1;
        while (low < high) {
            u32 middle = (low + high) / 2;
            if ((i64)counts[middle] >= rank) high = middle; else low = middle + 1;
        }
        found->ranks[t] = rank;
        found->keys[t] = low;
        found->less[t] = low ? counts[low - 1] : 0;
        found->equal[t] = counts[low] - found->less[t];
    }
    __syncthreads();
    if (t == 0 && n > 0) number_slots(found, children, 0, FIRST - 1);
}

// The number of the beginning that a key has up to a digit; 0 for none that is wanted.
__device__ inline u32 slot_of(Bits key, i32 digit, const u8* __restrict__ children) {
    u32 slot = children[(u32)(key >> (VALUE_BITS - 16))];
    for (i32 d = 0; d < digit && slot; d++) {
        slot = children[(i64)(d + 1) * FIRST + (slot << 8 | digit_of(key, d))];
    }
    return slot;
}

// Count a digit of the values whose digits before it are those of a slot. `children` are the tables of all
// digits: one of 65,536 numbers, then 65,536 for each further digit.
KERNEL count_digit(
    i64 n, const VALUE* __restrict__ values, i32 digit, const u8* __restrict__ children, u32* counts
) {
    i64 zeros = 0;
    const Bits zero = key_of((VALUE)0);
    for (i64 first = thread_id() - threadIdx.x; first < n; first += all_threads()) {
        i64 i = first + threadIdx.x;
        VALUE value = i < n ? values[i] : (VALUE)NOTHING;
        Bits key = key_of(value);
        bool is_zero = value == value && key == zero;
        zeros += is_zero;
        u32 slot = value == value && !is_zero ? slot_of(key, digit, children) : 0;
        warp_count(counts, slot << 8 | digit_of(key, digit), slot != 0);
    }
    u32 slot = zeros ? slot_of(zero, digit, children) : 0;
    if (slot) atomicAdd(&counts[slot << 8 | digit_of(zero, digit)], (u32)zeros);
}

// One block: the next digit of each wanted rank.
KERNEL block_choose_digit(i32 digit, const u32* counts, Found* found, u8* children) {
    u32 t = threadIdx.x;
    if (t < WANTED && found->n > 0) {
        const u32* own = counts + (found->slots[t] << 8);
        i64 less = found->less[t], rank = found->ranks[t];
        u32 byte = 0;
        while (byte < 255 && less + own[byte] < rank) less += own[byte++];
        found->less[t] = less;
        found->equal[t] = own[byte];
        found->keys[t] = found->keys[t] << 8 | byte;
    }
    __syncthreads();
    if (t == 0 && found->n > 0) number_slots(found, children + (i64)(digit + 1) * FIRST, 8, 255);
}

// The thresholds of the levels: ascending, NaN at the end for levels that no value has.
KERNEL thresholds(const Found* found, double* out) {
    i64 t = thread_id();
    if (t == 0) out[0] = -INFINITE;
    if (t >= WANTED) return;
    if (found->n == 0) {
        out[t + 1] = NOTHING;
        return;
    }
    Bits key = (Bits)found->keys[t];
    VALUE value = value_of(key);
    if (2 * found->less[t] + found->equal[t] < found->needs[t]) {
        // Between a value and the next one that occurs any threshold does: the next float is at hand.
        value = value == (VALUE)INFINITE ? (VALUE)NOTHING : value_of(key + 1);
    }
    out[t + 1] = (double)value;
}
