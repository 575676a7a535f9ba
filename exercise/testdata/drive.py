"""Drives a camera with onvif-zeep: drive.py HOST PORT USER PASSWORD.

Prints what it found as one JSON object.
"""

import datetime
import json
import logging
import sys
import time

from onvif import ONVIFCamera

logging.disable(logging.CRITICAL)
host, port, user, password = sys.argv[1:]


def refused(act):
    try:
        act()
    except Exception as e:  # onvif-zeep wraps whatever happens
        return str(e)
    return ""


mine = ONVIFCamera(host, int(port), user, password, adjust_time=True)
ptz, media = mine.create_ptz_service(), mine.create_media_service()
profiles = media.GetProfiles()
token = next(p.token for p in profiles if p.PTZConfiguration is not None)


def position():
    p = ptz.GetStatus({"ProfileToken": token}).Position
    return [p.PanTilt.x, p.PanTilt.y, p.Zoom.x]


def still():
    end = time.monotonic() + 20
    while time.monotonic() < end:
        s = ptz.GetStatus({"ProfileToken": token}).MoveStatus
        if s.PanTilt == "IDLE" and s.Zoom == "IDLE":
            return position()
        time.sleep(0.05)
    raise SystemExit("it does not come to rest")


out = {
    "Model": mine.devicemgmt.GetDeviceInformation().Model,
    "Profiles": [p.token for p in profiles],
    "Presets": [p.Name for p in ptz.GetPresets({"ProfileToken": token})],
    "Spaces": [s.URI for s in ptz.GetNodes()[0].SupportedPTZSpaces.AbsolutePanTiltPositionSpace],
    "Start": position(),
}
ptz.AbsoluteMove({"ProfileToken": token, "Position": {"PanTilt": {"x": 0.1, "y": -0.2}, "Zoom": {"x": 0.1}}})
out["Absolute"] = still()
ptz.RelativeMove({"ProfileToken": token, "Translation": {"PanTilt": {"x": -0.05, "y": 0}}})
out["Relative"] = still()
ptz.ContinuousMove({"ProfileToken": token, "Velocity": {"PanTilt": {"x": 1, "y": 0}}, "Timeout": datetime.timedelta(seconds=8)})
time.sleep(0.2)
out["Continuous"] = position()[:2]
ptz.Stop({"ProfileToken": token, "PanTilt": True, "Zoom": True})
out["Stopped"] = position()[:2]
time.sleep(0.2)
out["MovedAfterStop"] = position()[0] - out["Stopped"][0]
out["Nowhere"] = refused(lambda: ptz.AbsoluteMove({"ProfileToken": token, "Position": {"PanTilt": {"x": 3, "y": 0}}}))
says = media.zeep_client.wsse
says.password = "wrong"
out["Wrong"] = refused(media.GetProfiles)
says.password, says.dt_diff = password, None
out["Unsynchronised"] = refused(media.GetProfiles)
print(json.dumps(out))
