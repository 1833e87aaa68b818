// The picture that lies below the points.
uniform sampler2D picture;
out vec4 color;

void main() {
    color = vec4(texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb, 1.0);
}
