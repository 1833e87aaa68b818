// A point as a sprite, or as an instanced quad where sprites are too small (QUADS).
in float x;         // pixels of the frame
in float y;
in float code;      // row of the table
#ifdef SIZES
in float diameter;  // pixels
flat out float radius;
#else
uniform float diameter;
#endif
#ifdef OPACITIES
in float opacity;   // of the point alone
#else
const float opacity = 1.0;
#endif

uniform vec2 origin;    // of the window in the frame, pixels
uniform vec4 view;      // pixels of the window -> clip space: scale and offset
uniform float alpha;    // of all points
uniform float pad;      // what a sprite is wider than its disc
uniform sampler2D table;

flat out vec4 disc;     // centre in the window, colour as one 24-bit number, opacity

void main() {
    vec2 centre = vec2(x, y) - origin;
    int row = int(code);
    vec3 rgb = 255.0 * texelFetch(table, ivec2(row & 255, row >> 8), 0).rgb;
    // Fewer varyings: setting up a small point costs a software renderer more than filling it.
    disc = vec4(centre, dot(floor(rgb + 0.5), vec3(1.0, 256.0, 65536.0)), alpha * opacity);
#ifdef SIZES
    radius = 0.5 * diameter;
#endif
    float side = max(diameter, LEAST) + pad;
#ifdef QUADS
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) - 0.5;
    gl_Position = vec4((centre + corner * side) * view.xy + view.zw, 0.0, 1.0);
#else
    gl_Position = vec4(centre * view.xy + view.zw, 0.0, 1.0);
    gl_PointSize = side;
#endif
}
