/** For tools such as mkfs.ext4 and depmod, which an ordinary user's PATH doesn't lead to. */
export const systemTools = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
