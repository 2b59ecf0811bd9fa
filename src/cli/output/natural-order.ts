/** A key that sorts names as people count: `vol-2` before `vol-10`. */
export function naturalKey(name: string): string {
  return name.replace(/\d+/g, (digits) => digits.padStart(16, '0'));
}
