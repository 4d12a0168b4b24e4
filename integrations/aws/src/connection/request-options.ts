/** What the SDK takes with a request: nothing, rather than no options, where it may use what it has put together before. */
export type RequestOptions = { readonly abortSignal?: AbortSignal };

export function requestOptions(signal: AbortSignal | undefined): RequestOptions | undefined {
  return signal && { abortSignal: signal };
}
