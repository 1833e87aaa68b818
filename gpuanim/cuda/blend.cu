// What lies between two steps, with the numbers of values/kernels.py.
//
// Macros: VALUE is float or double.

// (1 - share) before + share after; equal values stay exactly what they are.
KERNEL blend(
    i64 n, const VALUE* __restrict__ before, const VALUE* __restrict__ after, double share, VALUE* mixed
) {
    for (i64 i = thread_id(); i < n; i += all_threads()) {
        double a = (double)before[i], b = (double)after[i];
        mixed[i] = (VALUE)(a == b ? a : (1.0 - share) * a + share * b);
    }
}
