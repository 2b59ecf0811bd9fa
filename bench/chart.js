/** Width and height of the picture, and where the axes stand in it. */
const SIZE = { width: 860, height: 520 };
const AREA = { left: 80, right: 560, top: 30, bottom: 460 };
/** Told apart on light and on dark ground, and by those who see colours otherwise. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#56b4e9'];

/**
 * Lines of cost against size, both axes logarithmic, as an SVG picture: where a line rises by one decade for each
 * decade to the right, the cost is in proportion.
 * @param series name and points [size, milliseconds] each
 */
export function chart(series) {
  const all = series.flatMap(({ points }) => points);
  const x = scale(
    all.map(([size]) => size),
    AREA.left,
    AREA.right,
  );
  const y = scale(
    all.map(([, time]) => time),
    AREA.bottom,
    AREA.top,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="13" fill="currentColor">`,
    '<title>What commands cost, by how much there is</title>',
    '<style>svg { color: #24292f; } @media (prefers-color-scheme: dark) { svg { color: #d0d7de; } }</style>',
    ...x.decades.map((value) => gridLine(x.at(value), AREA.top, x.at(value), AREA.bottom)),
    ...y.decades.map((value) => gridLine(AREA.left, y.at(value), AREA.right, y.at(value))),
    ...x.decades.map((value) => text(x.at(value), AREA.bottom + 20, value.toLocaleString('en'), 'middle')),
    ...y.decades.map((value) => text(AREA.left - 8, y.at(value) + 4, duration(value), 'end')),
    text((AREA.left + AREA.right) / 2, AREA.bottom + 44, 'attachments, or nodes', 'middle'),
    ...series.flatMap(({ name, points }, index) => line(name, points, index, x, y)),
    '</svg>\n',
  ].join('\n');
}

function line(name, points, index, x, y) {
  const colour = COLOURS[index % COLOURS.length];
  const places = points.map(([size, time]) => [x.at(size).toFixed(1), y.at(time).toFixed(1)]);
  const legend = AREA.top + 14 + index * 24;
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${places.map((place) => place.join(',')).join(' ')}"/>`,
    ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`),
    `<rect x="${AREA.right + 20}" y="${legend - 9}" width="16" height="4" fill="${colour}"/>`,
    text(AREA.right + 44, legend - 2, name, 'start'),
  ];
}

/** A logarithmic axis over whole decades. */
function scale(values, from, to) {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  return { at, decades: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

function gridLine(x1, y1, x2, y2) {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="currentColor" stroke-opacity="0.2"/>`;
}

function text(x, y, words, anchor) {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
}

function duration(milliseconds) {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`;
}
