// Four bytes of a frame in its final layout, so that only those are read back. FORMAT is that of the frame;
// colours are in its space already, so that a pixel's YUV is the mean of its points' YUV.
uniform sampler2D drawn;    // premultiplied
uniform sampler2D chrome;   // what lies above, straight alpha
uniform bool covered;       // whether anything does
uniform bool transparent;
uniform ivec2 size;         // pixels of the window
uniform int chroma;         // texels of a row of U or V where these are planes of their own
out vec4 bytes;

vec4 pixel(int x, int y) {
    ivec2 at = min(ivec2(x, y), size - 1);
    vec4 mixed = texelFetch(drawn, at, 0);
    if (covered) {
        vec4 over = texelFetch(chrome, at, 0);
        mixed = mixed * (1.0 - over.a) + vec4(over.rgb * over.a, over.a);
    }
    if (transparent) {
        mixed.rgb /= max(mixed.a, 1e-6);
        // Less than half a unit of what the reference sums up: nothing is there.
        if (mixed.a < 1.0 / 8192.0) mixed = vec4(0.0);
    }
    return mixed;
}

vec2 shared_chroma(int x, int y) {
    return 0.25 * (pixel(2 * x, 2 * y) + pixel(2 * x + 1, 2 * y)
                 + pixel(2 * x, 2 * y + 1) + pixel(2 * x + 1, 2 * y + 1)).gb;
}

vec4 run(int x, int y, int channel) {
    return vec4(pixel(x, y)[channel], pixel(x + 1, y)[channel], pixel(x + 2, y)[channel],
                pixel(x + 3, y)[channel]);
}

vec4 gathered(int x, int y) {
#if FORMAT == RGBA
    return pixel(x, y);
#elif FORMAT == RGB24
    int first = 4 * x / 3, skipped = 4 * x % 3;
    vec3 a = pixel(first, y).rgb, b = pixel(first + 1, y).rgb;
    if (skipped == 0) return vec4(a, b.r);
    if (skipped == 1) return vec4(a.gb, b.rg);
    return vec4(a.b, b);
#elif FORMAT == PAL8
    return run(4 * x, y, 0);
#elif FORMAT == YUV444P
    return run(4 * x, y % size.y, y / size.y);
#else
    if (y < size.y) return run(4 * x, y, 0);
    y -= size.y;
#if FORMAT == NV12
    return vec4(shared_chroma(2 * x, y), shared_chroma(2 * x + 1, y));
#else
    bool v = x >= chroma;
    int first = 4 * (v ? x - chroma : x);
    vec2 a = shared_chroma(first, y), b = shared_chroma(first + 1, y);
    vec2 c = shared_chroma(first + 2, y), d = shared_chroma(first + 3, y);
    return v ? vec4(a.y, b.y, c.y, d.y) : vec4(a.x, b.x, c.x, d.x);
#endif
#endif
}

void main() {
    bytes = floor(255.0 * gathered(int(gl_FragCoord.x), int(gl_FragCoord.y)) + 0.5) / 255.0;
}
