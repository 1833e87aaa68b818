// What a disc gives to a pixel: its colour times opacity times the share of the pixel that it covers.
flat in vec4 disc;
#ifdef SIZES
flat in float radius;
#else
uniform float radius;
#endif
out vec4 color;

void main() {
    vec2 d = abs(gl_FragCoord.xy - disc.xy);
#ifdef SLICES
    // The area of disc and pixel by the midpoint rule, across the axis along which the edge is steeper: where
    // it meets the other one at a right angle, slices would miss most.
    float far = max(d.x, d.y), near = min(d.x, d.y), square = radius * radius, covered = 0.0;
    for (int k = 0; k < SLICES; k++) {
        float y = near + (float(k) + 0.5) / float(SLICES) - 0.5;
        float reach = sqrt(max(square - y * y, 0.0));
        covered += max(min(far + 0.5, reach) - max(far - 0.5, -reach), 0.0);
    }
    float share = disc.w * covered / float(SLICES);
#else
    // The pixel that holds the centre always shows the point. As floor() has it: a centre on a pixel's left or
    // upper edge lies in this pixel.
    bool own = all(equal(floor(gl_FragCoord.xy), floor(disc.xy)));
    if (dot(d, d) > radius * radius && !own) discard;
    float share = disc.w;
#endif
    float green = floor(disc.z / 256.0), blue = floor(disc.z / 65536.0);
    vec3 rgb = vec3(disc.z - 256.0 * green, green - 256.0 * blue, blue) / 255.0;
    color = vec4(rgb, 1.0) * share;  // premultiplied
}
