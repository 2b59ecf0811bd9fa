/** How an etcd cluster is reached, and where in it the state is. */
export interface EtcdAccess {
  /** `http(s)://host:port` of each member that is known. */
  readonly endpoints: readonly string[];
  /** What every key begins with: `/rdsctl`; no slash at its end. */
  readonly prefix: string;
  /** For messages: a URL without secrets. */
  readonly location: string;
  /** PEM texts; null for each that is not given, and for all of it without TLS. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  } | null;
  readonly login: { readonly user: string; readonly password: () => string } | null;
}
