/** A key that sorts names as people count: `vol-2` before `vol-10`. */
export function naturalKey(name: string): string {
  // A number at the end is by far the most common, and quicker.
  const [, head, tail] = /^([^\d]*)(\d+)$/.exec(name) ?? [];
  if (head !== undefined && tail !== undefined) return head + tail.padStart(16, '0');
  return name.replace(/\d+/g, (digits) => digits.padStart(16, '0'));
}
