/** What the SDK takes with each request. */
export type RequestOptions = { readonly abortSignal?: AbortSignal };

export function requestOptions(signal: AbortSignal | undefined): RequestOptions {
  return signal === undefined ? {} : { abortSignal: signal };
}
