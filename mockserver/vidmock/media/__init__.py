"""Makes fake videos that play, without a codec, and tells of any file what it is.

An MP4 or MOV has its label in the picture, a WebM or PNG in its title. The package itself imports none of its modules:
most requests make no video.
"""
