"""Telemetry 遥测: everything between the wire and decoded values.

Every message is kept byte-exact before it is acknowledged (``store``), decoded by the codec of
its protocol (``sl651``, ``hj212``, ``mqtt``, ``backfill``) and handed to a sink (``model.Sink``)
in the same transaction.
"""
