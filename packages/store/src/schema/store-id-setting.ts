/** The setting whose value identifies the store, wherever it is copied to. */
export const storeIdSetting = 'store-id';
