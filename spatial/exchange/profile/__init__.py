"""Schema profiles 图层结构档案: how deliveries name, measure and code what a layer holds."""

from spatial.exchange.profile.model import NONE, Classes, CodeTable, Profile, ProfileField, Profiles
from spatial.exchange.profile.units import AreaUnit

__all__ = ["NONE", "AreaUnit", "Classes", "CodeTable", "Profile", "ProfileField", "Profiles"]
