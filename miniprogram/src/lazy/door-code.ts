/** The reader of door codes, 15 KB on the wire: in a file of its own, fetched when somebody photographs a door. */
export { decodeQR } from 'qr/decode.js'
