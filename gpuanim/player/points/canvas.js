const PLACE = 0, CODE = 1, HIGH = 2, MISSING = 3, GROUP = 4, SIZE = 5, STILL = 6, SWELL = 7;

// Draws points with WebGL2, and the discs of their outlines, which follow them in the arrays. Holds what the
// graphics card holds; knows nothing of frames in time.
class PointCanvas {
  constructor(canvas, facts, arrays) {
    Object.assign(this, { canvas, facts, arrays });
    this.count = arrays.places.length / 2;
    this.picked = -1; // the category or the group to show
    this.pickGroup = false;
    this.byGroup = false;
    this.swell = facts.halos.reduce((most, halo) => Math.max(most, halo.scale), 1);
    this.gl = canvas.getContext("webgl2", { antialias: false, depth: false, premultipliedAlpha: true });
    if (!this.gl) throw new Error("This browser has no WebGL2, which draws the points.");
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.restore());
    this.build();
  }

  build() {
    const { gl, facts, arrays } = this;
    this.program = this.link();
    gl.useProgram(this.program);
    this.uniforms = {};
    const count = gl.getProgramParameter(this.program, gl.ACTIVE_UNIFORMS);
    for (let i = 0; i < count; i++) {
      const { name } = gl.getActiveUniform(this.program, i);
      this.uniforms[name] = gl.getUniformLocation(this.program, name);
    }
    gl.bindVertexArray(gl.createVertexArray());
    this.attribute(PLACE, arrays.places, 2, gl.UNSIGNED_SHORT);
    this.codes = this.attribute(CODE, this.count, 1, gl.UNSIGNED_BYTE);
    this.high = facts.high && this.attribute(HIGH, this.count, 1, gl.UNSIGNED_BYTE);
    if (!this.high) this.constant(HIGH, 0);
    this.missing = null; // made when a frame has points without a value
    this.constant(MISSING, 0);
    if (arrays.groups) this.attribute(GROUP, arrays.groups, 1, gl.UNSIGNED_BYTE);
    else this.constant(GROUP, 255);
    if (arrays.sizes) this.attribute(SIZE, arrays.sizes, 1, gl.UNSIGNED_BYTE);
    else this.constant(SIZE, 0);
    if (arrays.still) this.attribute(STILL, arrays.still, 4, gl.UNSIGNED_BYTE);
    else this.constant(STILL, 0);
    if (arrays.swell) this.floats(SWELL, arrays.swell);
    else gl.vertexAttrib1f(SWELL, 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    this.table();
    const colors = new Uint8Array(3 * 256).fill(160);
    if (facts.groups) facts.groups.colors.forEach((color, i) => colors.set(fromHex(color.slice(1)), 3 * i));
    this.texture(1, "groups", colors, 256);
    gl.uniform1ui(this.uniforms.span, facts.span);
    gl.uniform1ui(this.uniforms.shades, facts.key ? facts.key.shades : 1);
    gl.uniform1ui(this.uniforms.n_keys, facts.key ? facts.key.names.length : 0);
    gl.uniform1f(this.uniforms.alpha, facts.alpha);
    gl.uniform1i(this.uniforms.antialias, facts.antialias ? 1 : 0);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.largest = gl.getParameter(gl.ALIASED_POINT_SIZE_RANGE)[1] - 3;
  }

  link() {
    const { gl } = this;
    const program = gl.createProgram();
    for (const [kind, source] of [[gl.VERTEX_SHADER, SHADERS.vertex], [gl.FRAGMENT_SHADER, SHADERS.fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      const failed = !gl.getShaderParameter(shader, gl.COMPILE_STATUS);
      if (failed && !gl.isContextLost()) throw new Error(`WebGL2: ${gl.getShaderInfoLog(shader)}`);
    }
    gl.linkProgram(program);
    return program;
  }

  attribute(location, data, width, type) {
    const { gl } = this;
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribIPointer(location, width, type, 0, 0);
    return buffer;
  }

  floats(location, data) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, 1, gl.FLOAT, false, 0, 0);
  }

  constant(location, value) {
    this.gl.disableVertexAttribArray(location);
    this.gl.vertexAttribI4ui(location, value, 0, 0, 0);
  }

  // Blocks of 256 colours below one another, and a last row that begins with the colour of no value.
  table() {
    const colors = this.arrays.table;
    const full = new Uint8Array(Math.ceil(colors.length / 768) * 768);
    full.set(colors);
    this.texture(0, "levels", full, 256);
  }

  texture(unit, name, rgb, width) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, width, rgb.length / 3 / width, 0, gl.RGB, gl.UNSIGNED_BYTE, rgb);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) {
      gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
    }
    gl.uniform1i(this.uniforms[name], unit);
  }

  // Takes the codes of a frame.
  load(frame) {
    const { gl } = this;
    this.frame = frame;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.codes);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, frame.codes);
    if (this.high) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.high);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, frame.high);
    }
    if (frame.missing) {
      const bytes = new Uint8Array(this.count);
      for (let i = 0; i < this.facts.n; i++) bytes[i] = (frame.missing[i >> 3] >> (i & 7)) & 1;
      if (this.missing) gl.deleteBuffer(this.missing);
      this.missing = this.attribute(MISSING, bytes, 1, gl.UNSIGNED_BYTE);
    } else {
      this.constant(MISSING, 0);
    }
  }

  // Takes the order of drawing.
  sort(order) {
    this.order = order;
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, order, this.gl.DYNAMIC_DRAW);
  }

  // Least and most diameter in pixels of the canvas, as far as the card can draw them.
  diameters(view) {
    return this.facts.diameters.map((d) => Math.min(this.largest / this.swell, Math.max(1, d * view.disc)));
  }

  draw(view) {
    const { gl, uniforms, facts, canvas } = this;
    const { scale, offset } = view.transform();
    const diameters = this.diameters(view);
    const margin = Math.ceil((diameters[1] * this.swell) / 2) + 2;
    const room = [canvas.width + 2 * margin, canvas.height + 2 * margin];
    gl.viewport(-margin, -margin, ...room);
    gl.uniform2fv(uniforms.scale, scale);
    gl.uniform2fv(uniforms.offset, offset);
    gl.uniform2fv(uniforms.room, room);
    gl.uniform1f(uniforms.margin, margin);
    gl.uniform2fv(uniforms.diameters, diameters);
    gl.uniform1i(uniforms.picked, this.picked);
    gl.uniform1i(uniforms.pick_group, this.pickGroup ? 1 : 0);
    gl.uniform1i(uniforms.by_group, this.byGroup ? 1 : 0);
    const back = facts.background ? fromHex(facts.background.slice(1)) : [0, 0, 0];
    const dark = facts.background ? back[0] + back[1] + back[2] < 384 : canvas.closest("[data-theme=dark]");
    gl.uniform3fv(uniforms.grey, Array(3).fill(dark ? 0.3 : 0.85));
    gl.clearColor(back[0] / 255, back[1] / 255, back[2] / 255, facts.background ? 1 : 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    for (const rest of this.picked < 0 ? [0] : [1, 0]) {
      gl.uniform1i(uniforms.rest, rest);
      gl.drawElements(gl.POINTS, this.count, gl.UNSIGNED_INT, 0);
    }
  }

  restore() {
    this.build();
    this.sort(this.order);
    this.load(this.frame);
    this.canvas.dispatchEvent(new CustomEvent("restored"));
  }
}

function fromHex(text) {
  return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
}
