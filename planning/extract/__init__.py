"""The restriction extract 管控要求查询: what restricts a parcel, a point or an area, as of any date."""
