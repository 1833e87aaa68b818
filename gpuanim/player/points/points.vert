#version 300 es
precision highp float;
precision highp int;

layout(location = 0) in uvec2 place;  // 16 bits each
layout(location = 1) in uint code;    // the lower byte of the row of its colour
layout(location = 2) in uint high;    // the upper byte
layout(location = 3) in uint missing; // 1 where there is no value
layout(location = 4) in uint group;   // 255 for none
layout(location = 5) in uint size;    // steps of the logarithm of the diameter
layout(location = 6) in uvec4 still;  // a colour, and 1 for a faded point that has it, 2 for a disc of an outline
layout(location = 7) in float swell;  // diameter in those of the point that an outline is around

uniform vec2 scale;        // from places to pixels of the canvas, y upwards
uniform vec2 offset;
uniform vec2 room;         // of the viewport in pixels: larger than the canvas by `margin` on each side,
uniform float margin;      // because browsers leave out points whose centre lies outside
uniform vec2 diameters;    // least and most, in pixels of the canvas
uniform int picked;        // the category or group to show, -1 for all
uniform bool pick_group;
uniform uint span;         // rows of the levels; copies of them follow
uniform uint shades;       // levels of each category
uniform uint n_keys;       // categories
uniform bool rest;         // draw what is not picked
uniform bool by_group;
uniform vec3 grey;
uniform sampler2D levels;  // rows of 256 colours, and one that begins with that of no value
uniform sampler2D groups;  // 256 colours

flat out vec3 color;
flat out vec2 centre;
flat out float radius;

void main() {
  uint key = missing == 1u ? n_keys : ((code + 256u * high) % span) / shades;
  bool outline = still.a == 2u; // below all points, as if it were not picked
  bool chosen = picked < 0 || (!outline && int(pick_group ? group : key) == picked);
  centre = vec2(place) * scale + offset;
  radius = 0.5 * diameters.x * pow(diameters.y / diameters.x, float(size) / 255.0) * swell;
  color = by_group
    ? texelFetch(groups, ivec2(group, 0), 0).rgb
    : texelFetch(levels, missing == 1u ? ivec2(0, textureSize(levels, 0).y - 1) : ivec2(code, high), 0).rgb;
  if (outline || (still.a == 1u && !by_group)) color = vec3(still.rgb) / 255.0;
  else if (!chosen) color = grey;
  gl_PointSize = ceil(2.0 * radius) + 2.0;
  gl_Position = vec4(2.0 * (centre + margin) / room - 1.0, 0.0, 1.0);
  if (chosen == rest) gl_Position.x = 4.0; // drawn in the other pass
}
