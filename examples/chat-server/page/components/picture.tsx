/**
 * An image of a message, or another file as a link.
 */

export interface PictureProps {
  url: string
  mediaType: string
  name?: string | undefined
}

export function Picture({ url, mediaType, name }: PictureProps) {
  if (!mediaType.startsWith('image/')) {
    return (
      <a className="file" href={url} download={name ?? 'file'}>
        {name ?? `A file (${mediaType})`}
      </a>
    )
  }
  // An address of another site would say who looks at it.
  if (!url.startsWith('data:')) return <p className="hint">An image from another site.</p>
  return (
    <a className="picture" href={url} download={name ?? 'image'} title="Save the image">
      <img src={url} alt={name ?? 'From the model'} />
    </a>
  )
}
