/**
 * Images that are sent with a message.
 */

export interface Attachment {
  id: string
  name: string
  mediaType: string
  /** A data URL, for the preview. */
  url: string
  bytes: number
}

/** What all providers take. */
export const imageTypes: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']

/** For one message, in bytes. Base64 adds a third, and the server takes 20 MB. */
const limit = 14_000_000

export interface Picked {
  attachments: readonly Attachment[]
  /** Why some were left out. */
  problem: string | undefined
}

/** Reads those files that are images and fit. */
export async function pickImages(
  files: readonly File[],
  already: readonly Attachment[],
): Promise<Picked> {
  let bytes = already.reduce((sum, attachment) => sum + attachment.bytes, 0)
  let problem: string | undefined
  const attachments: Attachment[] = []
  for (const file of files) {
    if (!imageTypes.includes(file.type)) {
      problem = `“${file.name}” is not a PNG, JPEG, WebP or GIF image.`
    } else if (bytes + file.size > limit) {
      problem = `“${file.name}” is too large: ${inMb(file.size)}. A message takes ${inMb(limit)}.`
    } else {
      try {
        attachments.push(await read(file))
        bytes += file.size
      } catch {
        problem = `“${file.name}” cannot be read.`
      }
    }
  }
  return { attachments, problem }
}

function read(file: File): Promise<Attachment> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('error', () => reject(reader.error))
    reader.addEventListener('load', () => {
      const { name, type: mediaType, size: bytes } = file
      resolve({
        id: crypto.getRandomValues(new Uint32Array(2)).join(),
        name,
        mediaType,
        bytes,
        url: reader.result as string,
      })
    })
    reader.readAsDataURL(file)
  })
}

function inMb(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 1_000_000 ? 1 : 0)} MB`
}
