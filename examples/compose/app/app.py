"""An app as it is in production: the provider's own client and host, and nothing of vidmock."""

import fal_client

result = fal_client.subscribe("fal-ai/kling-video/o1/reference-to-video", {"prompt": "A red kite over dunes"})
print(result["video"]["url"], result["video"]["file_size"], "bytes")
