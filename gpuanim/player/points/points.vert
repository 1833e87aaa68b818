#version 300 es
precision highp float;
precision highp int;

layout(location = 0) in uvec2 place;  // 16 bits each
layout(location = 1) in uint code;    // 0 .. 255
layout(location = 2) in uint missing; // 1 where there is no value
layout(location = 3) in uint group;   // 255 for none
layout(location = 4) in uint size;    // steps of the logarithm of the diameter

uniform vec2 scale;        // from places to pixels of the canvas, y upwards
uniform vec2 offset;
uniform vec2 room;         // of the viewport in pixels: larger than the canvas by `margin` on each side,
uniform float margin;      // because browsers leave out points whose centre lies outside
uniform vec2 diameters;    // least and most, in pixels of the canvas
uniform int picked;        // the group to show, -1 for all
uniform bool rest;         // draw what is not picked
uniform bool by_group;
uniform vec3 grey;
uniform sampler2D levels;  // 257 colours, the last one for no value
uniform sampler2D groups;  // 256 colours

flat out vec3 color;
flat out vec2 centre;
flat out float radius;

void main() {
  bool chosen = picked < 0 || int(group) == picked;
  centre = vec2(place) * scale + offset;
  radius = 0.5 * diameters.x * pow(diameters.y / diameters.x, float(size) / 255.0);
  color = by_group
    ? texelFetch(groups, ivec2(group, 0), 0).rgb
    : texelFetch(levels, ivec2(missing == 1u ? 256u : code, 0), 0).rgb;
  if (!chosen) color = grey;
  gl_PointSize = ceil(2.0 * radius) + 2.0;
  gl_Position = vec4(2.0 * (centre + margin) / room - 1.0, 0.0, 1.0);
  if (chosen == rest) gl_Position.x = 4.0; // drawn in the other pass
}
