// What every kernel file begins with. NVRTC has no headers: integer types by their width.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int i32;
typedef long long i64;

#define KERNEL extern "C" __global__ void __launch_bounds__(BLOCK)

// The number of this thread in the grid, in 64 bits: grids may have more than 2^31 threads.
__device__ inline i64 thread_id() {
    return (i64)blockIdx.x * BLOCK + threadIdx.x;
}

// The number of threads of the grid: the step of a thread that takes more than one element.
__device__ inline i64 all_threads() {
    return (i64)gridDim.x * BLOCK;
}

// Two sums over the threads of a block, in the same order each time; they are those of thread 0.
struct Sums { double first, second; };

__device__ inline Sums block_sums(Sums own) {
    __shared__ Sums parts[BLOCK / 32];
    for (u32 half = 16; half > 0; half /= 2) {
        own.first += __shfl_down_sync(0xffffffffu, own.first, half);
        own.second += __shfl_down_sync(0xffffffffu, own.second, half);
    }
    if (threadIdx.x % 32 == 0) parts[threadIdx.x / 32] = own;
    __syncthreads();
    Sums sums = {0.0, 0.0};
    if (threadIdx.x == 0) {
        for (u32 w = 0; w < BLOCK / 32; w++) {
            sums.first += parts[w].first;
            sums.second += parts[w].second;
        }
    }
    __syncthreads();
    return sums;
}
