# PVChat's app on a CPU: runs as a user without rights, and writes into one volume only.
#
#   docker build -t pvchat .
#   docker run -d --name pvchat -p 127.0.0.1:7860:7860 -v pvchat:/data -e PVCHAT_PASSWORD='a long one' \
#     --read-only --tmpfs /var/tmp --cap-drop ALL --security-opt no-new-privileges pvchat
#
# The first start fetches about 260 MB of weights into the volume; after that it needs no network. In a container the
# app listens on every address of the container, hence the password; -p keeps it on this machine. Without
# -e TZ=Europe/Berlin "this morning" and "at night" are those of UTC. It watches a camera by
# docker exec -d pvchat /opt/pvchat/bin/pvchat live CAMERA
FROM python:3.12-slim

RUN groupadd --gid 10001 pvchat \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin pvchat \
 && install --directory --owner 10001 --group 10001 --mode 700 /data

# for example "--extra-index-url …" with PyTorch's own wheels for CPUs, which are several GB smaller
ARG PIP_OPTIONS=""
COPY . /opt/source
RUN python -m venv /opt/pvchat \
 && /opt/pvchat/bin/pip install --no-cache-dir ${PIP_OPTIONS} '/opt/source[live]' \
 && rm -rf /opt/source

ENV PVCHAT_HOME=/data HOME=/data TMPDIR=/var/tmp PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=10s --start-period=120s \
  CMD ["/opt/pvchat/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/theme.css')"]
ENTRYPOINT ["/opt/pvchat/bin/pvchat"]
CMD ["serve", "--host", "0.0.0.0", "--port", "7860", "--device", "cpu"]
