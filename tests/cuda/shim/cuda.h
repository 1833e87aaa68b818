// Runs CUDA kernels on the CPU, one thread after the other. Threads that wait for each other (barriers,
// shuffles) are fibers of one system thread: each runs until it has to wait.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>
#include <ucontext.h>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __constant__ static const
#define __shared__ static
#define __launch_bounds__(...)
#define __restrict__

struct Dim { unsigned x, y, z; };
static Dim threadIdx, blockIdx, gridDim, blockDim;
static const int warpSize = 32;

namespace shim {
struct Barrier { unsigned arrived = 0, generation = 0; };
struct Fiber { ucontext_t context; bool done; std::unique_ptr<char[]> stack; };
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static unsigned current, alive;
static bool moved;
static Barrier block_barrier, warp_barriers[32];
static unsigned long long slots[1024];
static const std::function<void()>* body;
const size_t STACK = 64 << 10;

inline void yield() {
    unsigned me = current;
    swapcontext(&fibers[me].context, &scheduler);
    current = me;
    threadIdx.x = me;
}
inline void wait(Barrier& barrier, unsigned expected) {
    unsigned generation = barrier.generation;
    moved = true;
    if (++barrier.arrived == expected) { barrier.arrived = 0; barrier.generation++; return; }
    while (barrier.generation == generation) yield();
}
inline unsigned in_warp() {
    unsigned first = threadIdx.x / 32 * 32;
    return blockDim.x - first < 32 ? blockDim.x - first : 32;
}
inline void warp_wait() { wait(warp_barriers[threadIdx.x / 32], in_warp()); }
inline void enter() { (*body)(); fibers[current].done = true; alive--; moved = true; }
inline void entry() { enter(); swapcontext(&fibers[current].context, &scheduler); }

// Every lane's value of a warp in which all threads take part.
template <class T> inline T exchange(T value, unsigned lane) {
    unsigned first = threadIdx.x / 32 * 32;
    memcpy(&slots[threadIdx.x], &value, sizeof value);
    warp_wait();
    T other;
    memcpy(&other, &slots[first + (lane < in_warp() ? lane : threadIdx.x - first)], sizeof other);
    warp_wait();
    return other;
}

inline void run_block(unsigned threads, bool together) {
    if (!together) {
        for (threadIdx.x = 0; threadIdx.x < threads; threadIdx.x++) (*body)();
        return;
    }
    if (fibers.size() < threads) fibers.resize(threads);
    block_barrier = Barrier();
    for (auto& barrier : warp_barriers) barrier = Barrier();
    for (unsigned t = 0; t < threads; t++) {
        Fiber& fiber = fibers[t];
        if (!fiber.stack) fiber.stack.reset(new char[STACK]);
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = nullptr;
        fiber.done = false;
        makecontext(&fiber.context, entry, 0);
    }
    alive = threads;
    while (alive) {
        moved = false;
        for (unsigned t = 0; t < threads; t++) {
            if (fibers[t].done) continue;
            current = threadIdx.x = t;
            swapcontext(&scheduler, &fibers[t].context);
        }
        if (!moved) { fprintf(stderr, "shim: the threads of a block wait for each other for ever\n"); abort(); }
    }
}

inline void run(unsigned blocks, unsigned threads, bool together, bool backwards, std::function<void()> call) {
    body = &call;
    gridDim = {blocks, 1, 1};
    blockDim = {threads, 1, 1};
    for (unsigned b = 0; b < blocks; b++) {
        blockIdx = {backwards ? blocks - 1 - b : b, 0, 0};
        run_block(threads, together);
    }
}
}  // namespace shim

inline void __syncthreads() { shim::wait(shim::block_barrier, blockDim.x); }
inline void __syncwarp(unsigned = ~0u) { shim::warp_wait(); }
inline void __threadfence() {}
template <class T> inline T __shfl_sync(unsigned, T v, int lane) { return shim::exchange(v, lane & 31); }
template <class T> inline T __shfl_down_sync(unsigned, T v, unsigned d) { return shim::exchange(v, threadIdx.x % 32 + d); }
template <class T> inline T __shfl_up_sync(unsigned, T v, unsigned d) {
    unsigned lane = threadIdx.x % 32;
    return shim::exchange(v, lane >= d ? lane - d : lane);
}
template <class T> inline T __shfl_xor_sync(unsigned, T v, unsigned mask) { return shim::exchange(v, (threadIdx.x % 32) ^ mask); }
inline unsigned __ballot_sync(unsigned, int predicate) {
    unsigned bits = 0, own = predicate != 0, first = threadIdx.x / 32 * 32, n = shim::in_warp();
    shim::slots[threadIdx.x] = own;
    shim::warp_wait();
    for (unsigned i = 0; i < n; i++) bits |= (unsigned)(shim::slots[first + i] & 1) << i;
    shim::warp_wait();
    return bits;
}
inline unsigned __match_any_sync(unsigned, unsigned value) {
    unsigned bits = 0, first = threadIdx.x / 32 * 32, n = shim::in_warp();
    shim::slots[threadIdx.x] = value;
    shim::warp_wait();
    for (unsigned i = 0; i < n; i++) bits |= (unsigned)(shim::slots[first + i] == value) << i;
    shim::warp_wait();
    return bits;
}
inline int __syncthreads_or(int predicate) {
    static int any;
    if (threadIdx.x == 0) any = 0;
    __syncthreads();
    any |= predicate != 0;
    __syncthreads();
    int found = any;
    __syncthreads();
    return found;
}

template <class T, class U> inline T atomicAdd(T* p, U v) { T old = *p; *p = old + (T)v; return old; }
template <class T, class U> inline T atomicSub(T* p, U v) { T old = *p; *p = old - (T)v; return old; }
template <class T, class U> inline T atomicMax(T* p, U v) { T old = *p; if ((T)v > old) *p = (T)v; return old; }
template <class T, class U> inline T atomicMin(T* p, U v) { T old = *p; if ((T)v < old) *p = (T)v; return old; }
template <class T, class U> inline T atomicOr(T* p, U v) { T old = *p; *p = old | (T)v; return old; }
template <class T, class U> inline T atomicExch(T* p, U v) { T old = *p; *p = (T)v; return old; }
template <class T, class U, class V> inline T atomicCAS(T* p, U expected, V v) { T old = *p; if (old == (T)expected) *p = (T)v; return old; }

template <class To, class From> inline To shim_cast(From v) { To to; memcpy(&to, &v, sizeof to); return to; }
inline unsigned __float_as_uint(float v) { return shim_cast<unsigned>(v); }
inline int __float_as_int(float v) { return shim_cast<int>(v); }
inline float __int_as_float(int v) { return shim_cast<float>(v); }
inline float __uint_as_float(unsigned v) { return shim_cast<float>(v); }
inline unsigned long long __double_as_longlong(double v) { return shim_cast<unsigned long long>(v); }
inline double __longlong_as_double(long long v) { return shim_cast<double>(v); }
inline float __double2float_rn(double v) { return (float)v; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fsub_rn(float a, float b) { return a - b; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __dmul_rn(double a, double b) { return a * b; }
inline float __fsqrt_rn(float a) { return sqrtf(a); }
inline int __popc(unsigned v) { return __builtin_popcount(v); }
inline int __clz(int v) { return v ? __builtin_clz((unsigned)v) : 32; }
inline int __ffs(int v) { return __builtin_ffs(v); }
template <class T> inline T __ldg(const T* p) { return *p; }
template <class T> inline T min(T a, T b) { return a < b ? a : b; }
template <class T> inline T max(T a, T b) { return a > b ? a : b; }
inline float rsqrtf(float v) { return 1.0f / sqrtf(v); }
inline float saturatef(float v) { return v < 0 ? 0 : v > 1 ? 1 : v; }
