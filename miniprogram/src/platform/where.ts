/** Which of the two clients this is; the build leaves out the other one's code. */
export const isH5 = process.env.UNI_PLATFORM === 'h5'

/** Where the API answers: beside the H5 client; for the mini-program the address given to its build. */
export const API = isH5 ? '/api/v1' : `${(import.meta.env?.VITE_ORIGIN as string | undefined) ?? ''}/api/v1`
