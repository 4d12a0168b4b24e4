/** Where in S3 a store is. */
export interface S3Location {
  readonly bucket: string;
  /** What the keys of all its objects begin with: empty, or with a `/` at its end. */
  readonly prefix: string;
}

/** The place that a root `s3://bucket/prefix`, without a `/` at its end, stands for. */
export function s3Location(root: string): S3Location {
  const [bucket = '', ...segments] = root.slice('s3://'.length).split('/');
  return { bucket, prefix: segments.map((segment) => `${segment}/`).join('') };
}
