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

// Sum of a value over the threads of a block, in the same order each time; the sum is that of thread 0.
__device__ inline double block_sum(double value) {
    __shared__ double parts[BLOCK];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (u32 half = BLOCK / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
        __syncthreads();
    }
    double sum = parts[0];
    __syncthreads();
    return sum;
}
