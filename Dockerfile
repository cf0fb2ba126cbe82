# vidmock in a container: no shell, no package manager, no root.
#   docker build -t vidmock . && docker run --rm -p 8787:8787 --read-only vidmock
FROM debian:bookworm-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-venv binutils ca-certificates
COPY . /src
RUN python3 -m venv /opt/vidmock && /opt/vidmock/bin/pip install --no-cache-dir '/src[redis]'
RUN /src/scripts/container-root /opt/vidmock /root-file-system && mkdir /certificates

FROM scratch
COPY --from=build /root-file-system /
# For a volume: VIDMOCK_STATE=/certificates keeps the authority there, for neighbours to trust.
COPY --from=build --chown=65532:65532 /certificates /certificates
# /dev/shm is memory, and can be written where all else is read-only: the authority is there if nothing else is said.
ENV VIDMOCK_HOST=0.0.0.0 VIDMOCK_PORT=8787 TMPDIR=/dev/shm PATH=/opt/vidmock/bin:/usr/bin PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
EXPOSE 8787
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"VIDMOCK_PORT\"]}/_vidmock/health')"]
ENTRYPOINT ["vidmock"]
CMD ["serve"]
