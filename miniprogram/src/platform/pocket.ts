/** Small things that outlive the app: who is signed in, how large the letters are, the last answers of the server. */
export function keep(key: string, value: unknown): void {
  uni.setStorageSync(`lianxin.${key}`, JSON.stringify(value))
}

export function recall<T>(key: string): T | null {
  const text: unknown = uni.getStorageSync(`lianxin.${key}`)
  if (typeof text !== 'string' || !text) return null
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}

export function forget(key: string): void {
  uni.removeStorageSync(`lianxin.${key}`)
}

export function forgetAll(prefix: string): void {
  for (const key of uni.getStorageInfoSync().keys) {
    if (key.startsWith(`lianxin.${prefix}`)) uni.removeStorageSync(key)
  }
}
