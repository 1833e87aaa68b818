#version 300 es
precision highp float;

flat in vec3 color;
flat in vec2 centre;
flat in float radius;
uniform float alpha;
uniform bool antialias;
out vec4 pixel;

// The share of the pixel around `at` that a disc around 0 covers: eight strips of it, each exact.
float coverage(vec2 at) {
  float distance = length(at);
  if (distance + 0.7072 <= radius) return 1.0;
  if (distance - 0.7072 >= radius) return 0.0;
  float sum = 0.0;
  for (int i = 0; i < 8; i++) {
    float x = at.x + (float(i) - 3.5) / 8.0;
    float half_chord = sqrt(max(0.0, radius * radius - x * x));
    sum += max(0.0, min(at.y + 0.5, half_chord) - max(at.y - 0.5, -half_chord));
  }
  return sum / 8.0;
}

void main() {
  vec2 at = gl_FragCoord.xy - centre;
  float share = antialias ? coverage(at) : float(dot(at, at) <= radius * radius);
  if (share == 0.0) discard;
  pixel = vec4(color, 1.0) * (share * alpha);
}
