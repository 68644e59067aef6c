import { Failure } from '../../base/index.js';
import { describeS3, originOf, type S3Settings } from './settings.js';

/** What can be told of a failed request, whatever failed. */
export interface FailedRequest {
  /** The service's own word, or the system's; `unknown` for neither. */
  readonly code: string;
  /** Null: no answer came. */
  readonly status: number | null;
  readonly requestId: string | null;
}

export function failedRequest(cause: unknown): FailedRequest {
  if (typeof cause !== 'object' || cause === null) return { code: 'unknown', status: null, requestId: null };
  const { name, code, Code, $metadata } = cause as {
    name?: unknown;
    code?: unknown;
    Code?: unknown;
    $metadata?: { httpStatusCode?: number; requestId?: string };
  };
  const words = [Code, code, name].filter(
    (word) => typeof word === 'string' && word !== '' && word !== 'Error',
  );
  return {
    code: typeof words[0] === 'string' ? words[0] : 'unknown',
    status: $metadata?.httpStatusCode ?? null,
    requestId: $metadata?.requestId ?? null,
  };
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const busy = new Set([
  'SlowDown',
  'RequestTimeout',
  'ServiceUnavailable',
  'InternalError',
  'OperationAborted',
]);

/** Whether the store may have done what was asked although we did not hear of it. */
export function mayHaveHappened(cause: unknown): boolean {
  const { code, status } = failedRequest(cause);
  return status === null ? !neverSent.has(code) : status >= 500;
}

interface Said {
  readonly message: string;
  readonly hint: string;
  readonly retryable?: boolean;
}

/** One sentence on what went wrong, one on what to do. `skewMs`: the store's clock minus ours, where an answer told it. */
export function s3Failure(
  settings: S3Settings,
  what: string,
  cause: unknown,
  skewMs: number | null,
): Failure {
  if (cause instanceof Failure) return cause;
  const failed = failedRequest(cause);
  const said = explain(settings, what, failed, skewMs);
  // The library's own error carries the whole request with it, authorization header included.
  const trace = new Error(
    `${failed.code}, status ${failed.status ?? 'none'}, request ${failed.requestId ?? 'unknown'}`,
  );
  return new Failure('unavailable', said.message, {
    hint: said.hint,
    retryable: said.retryable ?? false,
    cause: trace,
  });
}

function explain(settings: S3Settings, what: string, failed: FailedRequest, skewMs: number | null): Said {
  const place = describeS3(settings);
  const { code, status } = failed;
  if (code === 'CredentialsProviderError') return noCredentials(settings, place);
  if (status === null) return unreachable(settings, place, what, code);
  const known = knownCodes(settings, skewMs)[code];
  if (known !== undefined) return { ...known, message: `${place} refused ${what}: ${known.message}` };
  if (status === 301 || status === 307) {
    const other = knownCodes(settings, skewMs)['PermanentRedirect'];
    if (other !== undefined) return { ...other, message: `${place} refused ${what}: ${other.message}` };
  }
  return {
    message: `${place} failed on ${what}: ${code} (status ${status})`,
    hint: 'Look into the log of the store for this request, then try again.',
    retryable: status >= 500 || status === 429 || status === 408 || busy.has(code) || code === 'BadDigest',
  };
}

function noCredentials(settings: S3Settings, place: string): Said {
  const { profile } = settings.credentials;
  return {
    message: `no credentials for ${place}${profile === undefined ? '' : ` in profile ${profile}`}`,
    hint: 'Set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the account that runs firedrill, or name a file under `credentials` of this store.',
  };
}

function unreachable(settings: S3Settings, place: string, what: string, code: string): Said {
  const host = settings.endpoint === undefined ? `Amazon's ${settings.region}` : originOf(settings.endpoint);
  const why =
    code === 'ENOTFOUND' || code === 'EAI_AGAIN'
      ? 'its name is not known'
      : code === 'ECONNREFUSED'
        ? 'nothing listens there'
        : code === 'TimeoutError' || code === 'ETIMEDOUT'
          ? 'it did not answer in time'
          : `the connection failed (${code})`;
  return {
    message: `${place} cannot be reached for ${what}: ${why}`,
    hint: `Check the address and the network with \`curl -sS -o /dev/null ${settings.endpoint === undefined ? `https://s3.${settings.region}.amazonaws.com` : host}\`.`,
    retryable: true,
  };
}

function knownCodes(settings: S3Settings, skewMs: number | null): { readonly [code: string]: Said } {
  const { bucket } = settings;
  const where =
    settings.credentials.kind === 'file'
      ? settings.credentials.path
      : 'the credentials that the AWS tools find';
  const expired: Said = {
    message: 'the session token has expired',
    hint: `Sign in again, so that ${where} holds a fresh token.`,
  };
  const redirect: Said = {
    message: `bucket ${bucket} is not in region ${settings.region}`,
    hint: `Set \`region\` of this store to where the bucket is: \`aws s3api get-bucket-location --bucket ${bucket}\`.`,
  };
  const storageClass: Said = {
    message: `it does not know what it was asked for, storage class ${settings.storageClass ?? 'STANDARD'}`,
    hint: 'Take `storage-class` out of this store, or name one that the service has.',
  };
  const full: Said = {
    message: 'its quota is used up',
    hint: 'Remove what is no longer needed, or have the quota raised.',
  };
  return {
    InvalidAccessKeyId: {
      message: 'it does not know the access key',
      hint: `Correct \`aws_access_key_id\` in ${where}.`,
    },
    SignatureDoesNotMatch: {
      message: 'the secret key is wrong',
      hint: `Correct \`aws_secret_access_key\` in ${where}.`,
    },
    ExpiredToken: expired,
    TokenRefreshRequired: expired,
    InvalidToken: { ...expired, message: 'the session token is not valid' },
    AccessDenied: {
      message: 'these credentials may not do that',
      hint: `Allow it in the policy of bucket ${bucket} or of the user: firedrill puts, gets and lists objects, versions and unfinished uploads, and reads the versioning and lock settings. Where they are temporary, renew them first: some services say this of a session that has expired.`,
    },
    AllAccessDisabled: {
      message: 'access is disabled',
      hint: `Have the account of bucket ${bucket} put in order.`,
    },
    NoSuchBucket: {
      message: `there is no bucket ${bucket}`,
      hint: 'Correct `bucket` and `endpoint` of this store, or make the bucket.',
    },
    RequestTimeTooSkewed: {
      message: `the clock of this machine is ${skewText(skewMs)} the store's`,
      hint: 'Set the clock with `timedatectl set-ntp true`, or have the store’s clock set.',
    },
    InvalidStorageClass: storageClass,
    ...(settings.storageClass === undefined ? {} : { InvalidArgument: storageClass }),
    QuotaExceeded: full,
    StorageFull: full,
    XMinioStorageFull: full,
    PermanentRedirect: redirect,
    AuthorizationHeaderMalformed: redirect,
    IllegalLocationConstraintException: redirect,
    NotImplemented: {
      message: 'it cannot do that',
      hint: 'Use a service with this capability, or take the setting that asks for it out of this store.',
    },
  };
}

function skewText(skewMs: number | null): string {
  if (skewMs === null) return 'too far from';
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const amount = seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return skewMs < 0 ? `${amount} ahead of` : `${amount} behind`;
}

export function lockUnsupported(settings: S3Settings): Failure {
  return new Failure(
    'unavailable',
    `bucket ${settings.bucket} cannot lock what lies in it: object lock is not enabled`,
    {
      hint: 'Make a bucket with object lock (it can hardly be enabled later), or take `lock` out of this store.',
      retryable: false,
    },
  );
}
