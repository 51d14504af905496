function rk_text(value) {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'number') return String(value + 0);
  if (typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : String(value);
  if (Array.isArray(value)) return '[' + Array.from(value, rk_text).join(',') + ']';
  if (value instanceof Map) return 'Map' + rk_text([...value].map(rk_text).sort());
  if (value instanceof Set) return 'Set' + rk_text([...value].map(rk_text).sort());
  return '{' + Object.keys(value).sort().map(key => JSON.stringify(key) + ':' + rk_text(value[key])).join(',') + '}';
}
function rk_show(number, value) {
  console.log('\n@rk@ ' + number + ' ' + rk_text(value));
}
