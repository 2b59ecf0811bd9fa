/** The part of fs-native-extensions that is used: open-file-description locks on byte ranges. */
declare module 'fs-native-extensions' {
  /** Whether the range was locked; false when somebody else holds part of it. Throws other system errors. */
  export function tryLock(
    fd: number,
    offset?: number,
    length?: number,
    options?: { shared?: boolean },
  ): boolean;
  export function unlock(fd: number, offset?: number, length?: number): void;
}
