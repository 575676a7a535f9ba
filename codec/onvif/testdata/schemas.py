"""Validates SOAP bodies against the schemas that onvif-zeep ships.

Standard input has a message a line, base64. For each, standard output has a
line: "ok", or what is wrong with it.
"""

import base64
import os
import sys

import onvif
from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = os.path.join(os.path.dirname(os.path.dirname(onvif.__file__)), "wsdl")


def schema(name):
    """The types of a service stand inside its WSDL, with the WSDL's prefixes."""
    root = etree.parse(os.path.join(WSDL, name)).getroot()
    inner = next(root.iter(XS + "schema"))
    whole = etree.Element(inner.tag, inner.attrib, nsmap={**root.nsmap, **inner.nsmap})
    whole.extend(list(inner))
    return etree.XMLSchema(etree.fromstring(etree.tostring(whole), base_url=WSDL + "/"))


schemas = {
    "http://www.onvif.org/ver10/device/wsdl": schema("devicemgmt.wsdl"),
    "http://www.onvif.org/ver10/media/wsdl": schema("media.wsdl"),
    "http://www.onvif.org/ver20/ptz/wsdl": schema("ptz.wsdl"),
}

for line in sys.stdin:
    body = etree.fromstring(base64.b64decode(line)).find("{*}Body")
    message = etree.fromstring(etree.tostring(body[0]))
    s = schemas[etree.QName(message).namespace]
    print("ok" if s.validate(message) else f"{etree.QName(message).localname}: {s.error_log.last_error}", flush=True)
