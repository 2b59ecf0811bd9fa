/** One endpoint did not answer as it should. Another may. */
export class EndpointFailure extends Error {
  override readonly name = 'EndpointFailure';
  readonly endpoint: string;
  /** Whether the request may have been carried out all the same. */
  readonly maybeDone: boolean;
  /** Whether it is worth asking the same endpoint again: it lives, and has trouble that passes. */
  readonly passing: boolean;

  constructor(
    endpoint: string,
    why: string,
    more: { readonly maybeDone: boolean; readonly passing: boolean; readonly cause?: unknown },
  ) {
    super(why, { cause: more.cause });
    this.endpoint = endpoint;
    this.maybeDone = more.maybeDone;
    this.passing = more.passing;
  }
}

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no connection in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself: name its CA (state.caFile)',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of a CA that is not known here: name it (state.caFile)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate is of a CA that is not known here: name it (state.caFile)',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'its certificate is of a CA that is not known here: name it (state.caFile)',
  CERT_SIGNATURE_FAILURE: 'its certificate is not of the CA that is named (state.caFile)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS: use etcd:// in place of etcds://',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS: use etcd:// in place of etcds://',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    'it asks for a client certificate (state.certFile, state.keyFile)',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE:
    'it does not accept the client certificate: expired, or of a CA that it does not know',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the CA of the client certificate',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client certificate has expired',
};

/** Where a connection was cut off: etcd does that, without a word, to who uses the wrong scheme. */
export type Stage = 'TLS handshake' | 'TLS' | 'plain';

const CUT_OFF: Readonly<Record<Stage, string>> = {
  'TLS handshake':
    'the connection was cut off before TLS was agreed on (does it speak TLS? if not, use etcd:// in place of etcds://)',
  TLS: 'the connection was cut off',
  plain: 'the connection was cut off (does it speak TLS only? then use etcds:// in place of etcd://)',
};

/** What went wrong with a connection, for a message. */
export function connectionText(error: unknown, stage: Stage): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'ECONNRESET' || code === 'EPIPE') return CUT_OFF[stage];
  if (code.startsWith('ERR_OSSL_'))
    return `the CA, the client certificate or its key can't be used: ${error.message}`;
  const meaning = MEANINGS[code];
  if (meaning !== undefined) return meaning;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `its certificate is not for this name: ${error.message}`;
  // Node tries every address of a name, and its error has no text of its own.
  if (error instanceof AggregateError && error.errors.length > 0)
    return connectionText(error.errors[0], stage);
  return error.message === '' ? code : error.message;
}
