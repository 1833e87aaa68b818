// What the code of a point stands for. The rows of the colour table are the levels, and copies of them that
// are `span` rows apart; see rows.py and meaning.py.

// The category of a point, the number of categories for none.
function categoryAt({ key, span }, frame, i) {
  if (isMissing(frame, i)) return key.names.length;
  return Math.floor((rowAt(frame, i) % span) / key.shades);
}

// What there is to be said of a point's value.
function told(facts, edges, frame, i) {
  const { key, scale, span } = facts;
  if (!key) return levelText(scale, edges, codeAt(frame, i));
  if (isMissing(frame, i)) return NA;
  const level = rowAt(frame, i) % span;
  if (scale === "mixture") return level < key.pure ? "a mixture" : key.names[level - key.pure];
  const name = key.names[categoryAt(facts, frame, i)];
  if (key.shades === 1) return name;
  const share = key.floor + ((level % key.shades) / (key.shades - 1)) * (1 - key.floor);
  return `${name}, ${Math.round(100 * share)} %`;
}

// How many points each category has in a frame, and last how many have none.
function countedCategories(facts, frame) {
  const counts = new Uint32Array(facts.key.names.length + 1);
  for (let i = 0; i < facts.n; i++) counts[categoryAt(facts, frame, i)]++;
  return counts;
}

// The text of a frame, from the different ones and the number that each frame has among them.
function textAt({ texts, frames }, frame) {
  return texts[frames ? frames[frame] : 0];
}
