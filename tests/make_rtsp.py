"""GStreamer's RTSP server, run by the system's Python: a file as a camera on loopback.

    python3 make_rtsp.py FILE.mp4 PORT          (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-*)

It plays on in real time, whoever comes and goes, as long as somebody watches.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402


class Factory(GstRtspServer.RTSPMediaFactory):
    """One film for all: else there would be one for each port by which it is reached."""

    def do_gen_key(self, url):
        return "camera"


def without_seeking(_, media):
    """Whoever comes asks for the beginning: not to be had, else it would begin anew for everybody."""
    pad = media.get_element().get_by_name("pay0").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.QUERY_UPSTREAM, refused)


def refused(_, probe):
    """Where one may seek to isn't said."""
    seeking = probe.get_query().type == Gst.QueryType.SEEKING
    return Gst.PadProbeReturn.DROP if seeking else Gst.PadProbeReturn.OK


path, port = sys.argv[1:3]
Gst.init(None)
server, factory = GstRtspServer.RTSPServer(), Factory()
server.set_address("127.0.0.1")
server.set_service(port)
factory.set_launch(f"( filesrc location={path} ! qtdemux ! h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96 )")
factory.set_shared(True)
factory.connect("media-configure", without_seeking)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
sys.stdout.write("ready\n")
sys.stdout.flush()
GLib.MainLoop().run()
